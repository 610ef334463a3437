import { faultMachines, faultNames } from "#server/device/simulator/faults.contract.ts";
import { PlayFault } from "./demo.contract.ts";
import { askPlant, findDemo, HandProblem } from "./hand.ts";

// `npm run plant -- fault NAME MACHINE`: the hand that plays with the demo's machines.

const usage = `npm run plant -- fault NAME MACHINE   makes something go wrong, or right again with the name "clear"
npm run plant -- state                what the machines do now

${faultNames.map((name) => `  ${name.padEnd(18)} ${faultMachines[name].join(", ")}`).join("\n")}
  ${"clear".padEnd(18)} ends all faults of the machine

Machines: press-1 press-2 press-3 press-4 oven-1 packer-1 cnc-1 cnc-2`;

interface Machine {
  readonly code: string;
  readonly state: string;
  readonly faultCode: string;
  readonly good: number;
  readonly scrap: number;
  readonly faults: readonly string[];
}

async function run(args: readonly string[]): Promise<void> {
  const [verb, name, machine] = args;
  if (verb === "fault") {
    const fault = PlayFault.safeParse({ name, machine });
    if (!fault.success) throw new HandProblem(`Which fault, on which machine?\n\n${usage}`);
    const { faults } = (await askPlant(await findDemo(process.env), "/fault", fault.data)) as {
      faults: string[];
    };
    console.log(`${fault.data.machine}: ${faults.length === 0 ? "no fault" : faults.join(", ")}`);
  } else if (verb === "state") {
    const { machines } = (await askPlant(await findDemo(process.env), "/state")) as { machines: Machine[] };
    for (const m of machines)
      console.log(
        `${m.code.padEnd(10)} ${m.state.padEnd(8)} ${m.faultCode.padEnd(5)} good ${m.good}, scrap ${m.scrap}  ${m.faults.join(", ")}`,
      );
  } else throw new HandProblem(usage);
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof HandProblem)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
