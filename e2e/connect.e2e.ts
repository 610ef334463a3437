import { connectAsync } from "mqtt";
import { systemClock } from "#server/core/clock.ts";
import { AedesBroker, mosquitto, MosquittoBroker } from "#server/device/mqtt/testing.ts";
import { violations } from "./accessible.ts";
import { withEmptyHouse } from "./empty-house.ts";
import { expect, test } from "./fixtures.ts";
import { send, signInWith } from "./hand.ts";
import { startMill } from "./mill.ts";

/*
 * A plant with real machines on its first day: an administrator connects what the house has never seen, without a line
 * of code and without a restart, and reads an OEE that the machine's own counts prove.
 */

const topic = "hall7/lathe3/status";

/** A machine that says its state as a code, and counts. */
async function lathe(url: string) {
  const client = await connectAsync(url, { reconnectPeriod: 0 }, false);
  const counts = { good: 0, bad: 0 };
  let state = 0;
  const say = () => {
    const now = systemClock.now();
    const payload = {
      machine_status: state,
      good_count: counts.good,
      reject_count: counts.bad,
      temp: 21.5,
      ts: now,
    };
    void client.publishAsync(topic, JSON.stringify(payload), { qos: 1 }).catch(() => undefined);
  };
  const heart = setInterval(say, 500);
  return {
    set(code: number) {
      state = code;
      say();
    },
    make(good: number, bad: number) {
      counts.good += good;
      counts.bad += bad;
      say();
    },
    async end() {
      clearInterval(heart);
      await client.endAsync(true);
    },
  };
}

test("a broker and an OPC UA server the house has never seen are tried, trusted, added, mapped and bring the first true OEE", async ({
  browser,
}) => {
  test.setTimeout(180_000);
  const broker = mosquitto === null ? new AedesBroker() : new MosquittoBroker();
  await broker.up();
  const machine = await lathe(broker.url);
  const mill = await startMill();
  await withEmptyHouse(browser, async (plant) => {
    const at = { baseURL: plant.urls.http, viewport: { width: 1440, height: 900 } };
    const desk = await (await browser.newContext(at)).newPage();
    const { code = "", password = "" } = plant.doorkeys.administrator ?? {};
    let machineId = 0;
    let jobId = "";
    const second = { machineId: 0, jobId: "" };
    await test.step("a plant with one machine that nobody speaks for yet", async () => {
      await signInWith(desk, code, password);
      await send(desk, "/plant/site", { name: "Turning Ltd", timeZone: "Europe/Berlin" });
      const { lineId } = await send<{ lineId: number }>(desk, "/plant/lines", {
        code: "hall-7",
        name: "Hall 7",
      });
      const lathe3 = { lineId, code: "lathe3", name: "Lathe 3", kind: "lathe" };
      ({ machineId } = await send<{ machineId: number }>(desk, "/plant/machines", lathe3));
      const bolt = { code: "BOLT", name: "Bolt M8" };
      const { productId } = await send<{ productId: string }>(desk, "/products", bolt);
      await send(desk, `/products/${productId}/standard`, { machineId, cycleMs: 500 });
      for (const [startLocal, endLocal] of [
        ["06:00", "18:00"],
        ["18:00", "06:00"],
      ])
        await send(desk, "/shift-patterns", {
          lineId,
          name: `From ${startLocal ?? ""}`,
          weekdays: [1, 2, 3, 4, 5, 6, 7],
          startLocal,
          endLocal,
        });
      const jobs = [{ machineId, operation: "turn" }];
      const order = await send<{ jobIds: string[] }>(desk, "/orders", {
        code: "4711",
        productId,
        quantity: 1000,
        jobs,
      });
      jobId = order.jobIds[0] ?? "";
      const mill5 = { lineId, code: "mill5", name: "Mill 5", kind: "mill" };
      second.machineId = (await send<{ machineId: number }>(desk, "/plant/machines", mill5)).machineId;
      await send(desk, `/products/${productId}/standard`, { machineId: second.machineId, cycleMs: 400 });
      const other = await send<{ jobIds: string[] }>(desk, "/orders", {
        code: "4712",
        productId,
        quantity: 1000,
        jobs: [{ machineId: second.machineId, operation: "mill" }],
      });
      second.jobId = other.jobIds[0] ?? "";
    });

    await test.step("the broker is tried before it is added: what the machine says is seen", async () => {
      await desk.goto("/admin/sources");
      await expect(desk.getByText("No source yet")).toBeVisible();
      await desk.getByRole("link", { name: "Add a source" }).first().click();
      await desk.getByLabel("Speaks").selectOption("mqtt");
      await desk.getByLabel("Code").fill("Hall 7");
      await desk.getByLabel("Address of the broker").fill(broker.url);
      await desk.getByLabel("Topic").fill("hall7/+/status");
      await desk
        .getByLabel("Values (JSON path)")
        .fill("$.machine_status, $.good_count, $.reject_count, $.temp");
      await desk.getByLabel("Time (JSON path)").fill("$.ts");
      await desk.getByRole("button", { name: "Try it" }).click();
      await expect(desk.getByText("It speaks: 4 metrics")).toBeVisible({ timeout: 20_000 });
      await expect(desk.getByRole("row", { name: /temp 21\.5 numbers/ })).toBeVisible();
      expect(await violations(desk)).toEqual([]);
    });

    await test.step("a wrong address is told in a sentence, and nothing typed is lost", async () => {
      await desk.getByLabel("Address of the broker").fill("mqtt://127.0.0.1:1");
      await desk.getByRole("button", { name: "Try it" }).click();
      await expect(desk.getByText(/ECONNREFUSED/)).toBeVisible({ timeout: 20_000 });
      await expect(desk.getByLabel("Time (JSON path)")).toHaveValue("$.ts");
      await desk.getByLabel("Address of the broker").fill(broker.url);
      await desk.getByRole("button", { name: "Add the source" }).click();
      await expect(desk).toHaveURL(/\/admin\/sources\/\d+$/);
    });

    await test.step("what was heard is mapped, each metric with what it says right now", async () => {
      await expect(desk.locator('[data-source-state="live"]')).toBeVisible({ timeout: 30_000 });
      const map = async (metric: string, fill: () => Promise<void> = () => Promise.resolve()) => {
        const row = desk.getByRole("row", { name: metric });
        await row.getByRole("button", { name: "Map" }).click();
        await fill();
        await desk.getByRole("dialog").getByRole("button", { name: "Save" }).click();
        await expect(desk.getByRole("dialog")).toBeHidden();
      };
      await expect(desk.getByRole("row", { name: /temp 21\.5/ })).toBeVisible({ timeout: 30_000 });
      await map("machine_status", async () => {
        // The name says state, the machine says numbers: only the words are missing.
        await expect(desk.getByLabel("Meaning")).toHaveValue("state");
        await expect(desk.getByLabel("Machine")).toHaveValue(String(machineId));
        await desk.getByLabel("What each value means").fill("0 = idle\n3 = running");
      });
      await map("good_count", () => expect(desk.getByLabel("Meaning")).toHaveValue("good"));
      await map("reject_count", () => expect(desk.getByLabel("Meaning")).toHaveValue("scrap"));
      await map("temp");
      const tags = desk.getByRole("region", { name: "Tags" });
      await expect(tags.getByRole("row", { name: /Machine status/ })).toContainText("idle", {
        timeout: 30_000,
      });
      await expect(tags.getByRole("row", { name: /Temp hall7/ })).toContainText("21.5");
      expect(await violations(desk)).toEqual([]);
    });

    await test.step("an encrypted server is not connected to before a person trusts what it shows", async () => {
      await desk.goto("/admin/sources/new");
      await desk.getByLabel("Speaks").selectOption("opcua");
      await desk.getByLabel("Code").fill("Mill");
      await desk.getByLabel(/^Address/).fill(mill.url);
      await desk.getByLabel("Security", { exact: true }).selectOption("signAndEncrypt");
      await desk.getByLabel("Find variables by browsing").check();
      await desk.getByRole("button", { name: "Try it" }).click();
      const shown = desk.getByRole("region", { name: "The server’s certificate" });
      await expect(shown.locator('[data-certificate="untrusted"]')).toBeVisible({ timeout: 20_000 });
      const digits = mill.thumbprint.toUpperCase().replaceAll(/(..)(?=.)/g, "$1:");
      await expect(shown).toContainText(digits);
      expect(await violations(desk)).toEqual([]);
      await desk.getByRole("button", { name: "Add the source" }).click();
      await expect(desk).toHaveURL(/\/admin\/sources\/\d+$/);
      await expect(desk.getByText("is not trusted", { exact: false }).first()).toBeVisible({
        timeout: 30_000,
      });
      const trust = desk.getByRole("region", { name: "Certificates" });
      await expect(trust).toContainText(digits);
      await trust.getByRole("button", { name: "Trust this certificate" }).click();
      await expect(trust.locator('[data-certificate="trusted"]')).toBeVisible({ timeout: 30_000 });
      await expect(trust.getByRole("button", { name: "No longer trust" })).toBeVisible();
      await expect(desk.locator('[data-source-state="live"]')).toBeVisible({ timeout: 30_000 });
      expect(await violations(desk)).toEqual([]);
    });

    await test.step("what it has is found by browsing and mapped, each with what it says right now", async () => {
      const map = async (metric: string, fill: () => Promise<void>) => {
        await desk.getByRole("row", { name: metric }).getByRole("button", { name: "Map" }).click();
        await fill();
        await desk.getByRole("dialog").getByRole("button", { name: "Save" }).click();
        await expect(desk.getByRole("dialog")).toBeHidden();
      };
      await expect(desk.getByRole("row", { name: /Diameter 23\.987/ })).toBeVisible({ timeout: 30_000 });
      const ofMill = () => desk.getByLabel("Machine").selectOption(String(second.machineId));
      await map("State", async () => {
        await ofMill();
        await desk.getByLabel("What each value means").fill("0 = idle\n3 = running");
      });
      await map("GoodParts", () => expect(desk.getByLabel("Meaning")).toHaveValue("good"));
      await map("RejectParts", () => expect(desk.getByLabel("Meaning")).toHaveValue("scrap"));
      await map("Diameter", async () => void (await ofMill()));
      const tags = desk.getByRole("region", { name: "Tags" });
      await expect(tags.getByRole("row", { name: /State/ }).first()).toContainText("idle", {
        timeout: 30_000,
      });
    });

    await test.step("the machine runs, and its OEE is what it made against the time it had", async () => {
      const sue = { code: "sue", name: "Sue Smith", roles: ["supervisor"] };
      const { personId } = await send<{ personId: string }>(desk, "/people", sue);
      await send(desk, `/people/${personId}/password`, { password: "turn-it-on" });
      const office = await (await browser.newContext(at)).newPage();
      await signInWith(office, "sue", "turn-it-on");
      machine.set(3);
      await send(office, `/jobs/${jobId}/start`, { machineId });
      machine.make(9, 1);
      mill.set(3);
      await send(office, `/jobs/${second.jobId}/start`, { machineId: second.machineId });
      mill.make(18, 2);
      await office.goto("/reports");
      const made = [
        { code: "lathe3", id: machineId, idealMs: 9 * 500 },
        { code: "mill5", id: second.machineId, idealMs: 18 * 400 },
      ];
      for (const { code: at, id, idealMs } of made) {
        const row = office.locator(`[data-machine="${at}"]`);
        await expect(row).toContainText("Quality90.0%", { timeout: 60_000 });
        await expect(row).not.toContainText("manual");
        await expect(async () => {
          const records = (await (await office.request.get("/api/v1/oee/running")).json()) as readonly {
            machineId: number;
            buckets: { pbt: number };
          }[];
          const pbt = records.find((record) => record.machineId === id)?.buckets.pbt ?? Number.NaN;
          const told = Number(/OEE\s*([\d.]+)%/.exec(await row.innerText())?.[1]) / 100;
          const byHand = idealMs / pbt;
          expect(
            Math.abs(told - byHand),
            `${String(told)} on the screen, ${String(byHand)} by hand`,
          ).toBeLessThan(byHand / 5);
        }).toPass({ timeout: 60_000 });
      }
    });
  });
  await machine.end();
  await mill.end();
  await broker.close();
});
