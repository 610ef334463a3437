import { count, eq, like } from "drizzle-orm";
import { setting } from "#db/schema/core/core.ts";
import { source } from "#db/schema/device/tags.ts";
import { edge } from "#db/schema/edge/edge.ts";
import { equipment, workUnit } from "#db/schema/execution/plant.ts";
import { defineCommand } from "#server/core/command.ts";
import { Refusal } from "#server/core/refusal.contract.ts";
import { edgeCode } from "#server/device/simulator/layout.ts";
import { tagsChanged } from "#server/execution/tags/tags.facts.ts";
import { AddFirstMachine, TellStory } from "./demo.contract.ts";
import { storyTold } from "./demo.facts.ts";

const storySetting = "story";

/** Puts the step of a story where every screen shows it; null ends it. */
export const tellStory = defineCommand({
  name: "demo.tell_story",
  input: TellStory,
  allow: () => ({ action: "plant.fault" }),
  run: async (context, { story }) => {
    const { tx, now } = context;
    if (story === null) await tx.delete(setting).where(eq(setting.key, storySetting));
    else {
      const row = { value: { ...story, at: now }, at: new Date(now) };
      await tx
        .insert(setting)
        .values({ key: storySetting, ...row })
        .onConflictDoUpdate({ target: setting.key, set: row });
    }
    context.publish(storyTold, "plant", { playing: story !== null });
    return { told: story !== null };
  },
});

/** Adds a label printer to the finishing line, with a source of its own whose device shows this token. */
export const addFirstMachine = defineCommand({
  name: "demo.add_first_machine",
  input: AddFirstMachine,
  allow: () => ({ action: "tag.manage" }),
  run: async (context, { tokenHash }) => {
    const { tx } = context;
    // Nobody adds a label printer to a real plant by a slip.
    const [demo] = await tx.select({ key: setting.key }).from(setting).where(eq(setting.key, "demo"));
    if (demo === undefined) throw new Refusal("not_found");
    const [own] = await tx.select({ id: edge.id }).from(edge).where(eq(edge.code, edgeCode));
    const [line] = await tx
      .select({ id: equipment.id })
      .from(equipment)
      .where(eq(equipment.code, "finishing"));
    if (own === undefined || line === undefined) throw new Refusal("not_found");
    const [before] = await tx.select({ n: count() }).from(workUnit).where(like(workUnit.code, "label-%"));
    const number = (before?.n ?? 0) + 1;
    const code = `label-${number}`;
    const name = `Label printer ${number}`;
    const [machine] = await tx
      .insert(workUnit)
      .values({
        lineId: line.id,
        code,
        name,
        kind: "printer",
        flowPosition: 100 + number,
        microStopMs: 5000,
        staleMs: 15_000,
      })
      .returning({ id: workUnit.id });
    const [made] = await tx
      .insert(source)
      .values({ edgeId: own.id, code, driver: "socketio", tokenHash: Buffer.from(tokenHash, "hex") })
      .returning({ id: source.id });
    if (machine === undefined || made === undefined) throw new Error("the database gave no id");
    context.audit({
      action: "source.add",
      objectType: "source",
      objectId: String(made.id),
      machineId: machine.id,
      after: { code, name },
    });
    context.publish(tagsChanged, "plant", { edgeIds: [own.id] });
    return { machineId: machine.id, sourceId: made.id, code, name };
  },
});
