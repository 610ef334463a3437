/**
 * Names of the fields of a product's definition in the record of writes. Each machine's standard and each component has
 * one of its own, so that taking back the one asks nothing of the others.
 */
export const standardField = (machineId: number): string => `standard:${String(machineId)}`;

export const billField = (component: {
  readonly materialId: string | null;
  readonly componentId: string | null;
}): string =>
  component.materialId === null
    ? `product:${component.componentId ?? ""}`
    : `material:${component.materialId}`;

export type DefinitionField =
  | { readonly kind: "standard"; readonly machineId: number }
  | { readonly kind: "bill"; readonly materialId: string | null; readonly componentId: string | null };

/** What such a name means; null = it is the name of something else. */
export function readField(name: string): DefinitionField | null {
  const [kind, id = ""] = name.split(":");
  if (kind === "standard") return { kind, machineId: Number(id) };
  if (kind === "material") return { kind: "bill", materialId: id, componentId: null };
  if (kind === "product") return { kind: "bill", materialId: null, componentId: id };
  return null;
}
