import type { DecodedMetric } from "./payload.ts";

/**
 * The metrics of a payload with the members of template instances beside them, as `<instance>/<member>`: an instance
 * comes first itself, then its members, each with the instance's time and flags where it has none of its own. Data
 * name an instance by its alias and may hold a part of its members; `nameOf` knows the name. Definitions are no data
 * and are left out.
 */
export function withMembers(
  metrics: readonly DecodedMetric[],
  nameOf: (metric: DecodedMetric) => string | undefined,
): DecodedMetric[] {
  const all: DecodedMetric[] = [];
  const add = (metric: DecodedMetric, name: string | undefined): void => {
    const { template } = metric;
    if (template?.isDefinition === true) return;
    all.push(metric);
    if (template === undefined || name === undefined) return;
    for (const member of template.members) {
      // A member without a name of its own cannot be told from the others: the instance's reader says so.
      const own = member.name ?? "";
      const path = own === "" ? "" : `${name}/${own}`;
      add(
        {
          ...member,
          name: path,
          ...inherited(metric, member),
        },
        path,
      );
    }
  };
  for (const metric of metrics) add(metric, nameOf(metric));
  return all;
}

function inherited(instance: DecodedMetric, member: DecodedMetric) {
  const timestamp = member.timestamp ?? instance.timestamp;
  const quality = member.quality ?? instance.quality;
  return {
    isHistorical: member.isHistorical || instance.isHistorical,
    isTransient: member.isTransient || instance.isTransient,
    ...(timestamp !== undefined && { timestamp }),
    ...(quality !== undefined && { quality }),
  };
}
