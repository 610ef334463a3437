import { AttributeIds, type DataValue, resolveNodeId, type StatusCode } from "node-opcua-client";
import type { OpcUaLink } from "./link.ts";
import { builtIn, typeName } from "./value.rules.ts";

/** What the server says of a variable. */
export interface Description {
  /** Name of the built-in type, e.g. `Double`; an enumeration is an Int32. */
  readonly type: string;
  /** The server says that it is no single value. */
  readonly many: boolean;
  readonly unit: string | null;
  /** The server lets this user write it. */
  readonly writable: boolean;
  readonly low: number | null;
  readonly high: number | null;
}

/** What stands in one node's place when the server does not know it. */
export type Described = Description | { readonly missing: StatusCode };

/** Nodes in one request: five questions each. */
const batch = 100;
const asked = [
  AttributeIds.DataType,
  AttributeIds.ValueRank,
  AttributeIds.UserAccessLevel,
  AttributeIds.Value,
] as const;

/**
 * Reads type, shape, unit and whether it may be written of each node, in the order of the nodes.
 * @throws LinkLost
 */
export async function describe(link: OpcUaLink, nodeIds: readonly string[]): Promise<Described[]> {
  const all: Described[] = [];
  for (let start = 0; start < nodeIds.length; start += batch) {
    const some = nodeIds.slice(start, start + batch);
    const questions = some.flatMap((nodeId) => asked.map((attributeId) => ({ nodeId, attributeId })));
    const answers = await link.ask(link.session.read(questions), "the variables' types");
    const units = await unitsOf(link, some);
    for (const [i] of some.entries()) {
      const [dataType, rank, access, value] = answers.slice(i * asked.length, (i + 1) * asked.length);
      if (dataType === undefined || dataType.statusCode.isNotGood()) {
        if (dataType !== undefined) all.push({ missing: dataType.statusCode });
        continue;
      }
      all.push({
        type: await typeOf(link, dataType, value),
        many: typeof rank?.value.value === "number" && rank.value.value >= 0,
        writable: typeof access?.value.value === "number" && (access.value.value & 2) !== 0,
        unit: units[i]?.unit ?? null,
        low: units[i]?.low ?? null,
        high: units[i]?.high ?? null,
      });
    }
  }
  return all;
}

/** Most types stand in namespace 0 under the number of the wire; others are made from one, which its value shows. */
async function typeOf(link: OpcUaLink, dataType: DataValue, value: DataValue | undefined): Promise<string> {
  const shown = value?.value.dataType ?? builtIn.Null;
  return basicType(link, String(dataType.value.value), shown === builtIn.Null ? null : typeName(shown));
}

/**
 * The built-in type from which a type is made; "Null" when the server does not say.
 * @param shown what a value of it showed itself to be
 */
export async function basicType(link: OpcUaLink, nodeId: string, shown: string | null): Promise<string> {
  const standard = /^(?:ns=0;)?i=(\d+)$/.exec(nodeId)?.[1];
  if (standard !== undefined && Number(standard) <= builtIn.DiagnosticInfo) return typeName(Number(standard));
  if (shown !== null) return shown;
  try {
    return typeName(await link.ask(link.session.getBuiltInDataType(resolveNodeId(nodeId)), "a type"));
  } catch {
    return "Null";
  }
}

interface Unit {
  readonly unit: string | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** The properties EngineeringUnits and EURange of an analog item (Part 8, 5.3.2.3 and 5.6.3). */
async function unitsOf(link: OpcUaLink, nodeIds: readonly string[]): Promise<Unit[]> {
  const names = ["EngineeringUnits", "EURange"];
  const paths = nodeIds.flatMap((startingNode) =>
    names.map((name) => ({
      startingNode,
      relativePath: {
        elements: [
          {
            referenceTypeId: "i=46",
            isInverse: false,
            includeSubtypes: true,
            targetName: { namespaceIndex: 0, name },
          },
        ],
      },
    })),
  );
  const results = await link.ask(link.session.translateBrowsePath(paths), "the variables' units");
  const properties = results.map(({ targets }) => targets?.[0]?.targetId);
  const wanted = properties.filter((nodeId) => nodeId !== undefined);
  if (wanted.length === 0) return nodeIds.map(() => ({ unit: null, low: null, high: null }));
  const read = await link.ask(
    link.session.read(wanted.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value }))),
    "the variables' units",
  );
  const answers = new Map(wanted.map((nodeId, i) => [nodeId, read[i]?.value.value as unknown]));
  return nodeIds.map((_, i) => {
    const [unit, range] = [properties[2 * i], properties[2 * i + 1]].map((nodeId) =>
      nodeId === undefined ? undefined : answers.get(nodeId),
    );
    return { unit: unitName(unit), low: numberIn(range, "low"), high: numberIn(range, "high") };
  });
}

/** Common codes of UNECE Recommendation 20 as EUInformation carries them (Part 8, 5.6.3.3), in our words. */
const common: Readonly<Record<string, string>> = {
  CEL: "°C",
  FAH: "°F",
  KEL: "K",
  PAL: "Pa",
  BAR: "bar",
  KPA: "kPa",
  MPA: "MPa",
  "4H": "µm",
  MMT: "mm",
  CMT: "cm",
  MTR: "m",
  GRM: "g",
  KGM: "kg",
  TNE: "t",
  C26: "ms",
  SEC: "s",
  MIN: "min",
  HUR: "h",
  KWH: "kWh",
  WTT: "W",
  KWT: "kW",
  L2: "l/min",
  LTR: "l",
  MTQ: "m³",
  MQH: "m³/h",
  P1: "%",
  C62: "1",
};

function unitName(found: unknown): string | null {
  if (typeof found !== "object" || found === null) return null;
  const id = "unitId" in found && typeof found.unitId === "number" ? found.unitId : -1;
  const code =
    id <= 0 ? "" : String.fromCharCode(...[24, 16, 8, 0].map((s) => (id >> s) & 255)).replaceAll("\0", "");
  const known = common[code];
  if (known !== undefined) return known;
  const name = "displayName" in found ? found.displayName : null;
  const text = typeof name === "object" && name !== null && "text" in name ? name.text : null;
  return typeof text === "string" && text !== "" ? text.slice(0, 32) : null;
}

function numberIn(found: unknown, name: "low" | "high"): number | null {
  if (typeof found !== "object" || found === null) return null;
  const value: unknown = Object.entries(found).find(([key]) => key === name)?.[1];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
