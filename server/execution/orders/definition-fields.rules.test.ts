import { expect, test } from "vitest";
import { billField, readField, standardField } from "./definition-fields.rules.ts";

test("the name of a field says which machine or component it is about", () => {
  expect(readField(standardField(3))).toEqual({ kind: "standard", machineId: 3 });
  const material = { materialId: "m", componentId: null };
  const part = { materialId: null, componentId: "p" };
  expect(readField(billField(material))).toEqual({ kind: "bill", ...material });
  expect(readField(billField(part))).toEqual({ kind: "bill", ...part });
  expect(readField("name")).toBeNull();
});
