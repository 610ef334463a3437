import { expect, test } from "vitest";
import { createScrubber, leftIn, scrubbed, secretsIn, withoutSecrets } from "./scrub.rules.ts";

const scrub = createScrubber({
  secrets: ['pep"per-0815', "short"],
  people: ["Dana Weber", "op-17", "مريم حسن", "李伟", "Al"],
});

test.each([
  ['{"msg":"took pep\\"per-0815"}', '{"msg":"took [secret]"}'],
  ["GET /x?q=pep%22per-0815", "GET /x?q=[secret]"],
  ["postgres://app:hunter2@127.0.0.1:5432/x", "postgres://[secret]@127.0.0.1:5432/x"],
  ["mqtt://broker:1883/plant", "mqtt://broker:1883/plant"],
  ["authorization: Bearer abc.def", "authorization: Bearer [secret]"],
  ['{"pin":"123456","ok":true}', '{"pin":"[secret]","ok":true}'],
  ['{"newPin":123456}', '{"newPin":"[secret]"}'],
  ['{"err":"{\\"password\\":\\"hunter2\\"}"}', '{"err":"{\\"password\\":\\"[secret]\\"}"}'],
  ["code?token=abc&x=1", "code?token=[secret]&x=1"],
  ["Set-Cookie: __Host-session=abc; Path=/", "Set-Cookie: __Host-session=[secret]; Path=/"],
  ["0123456789abcdef0123456789abcdef", "[secret]"],
  ["Kq3_vX-9pLmN2bRtYw8sZcD4fGhJ6kQa", "[secret]"],
  ["-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\nnext", "[secret]\nnext"],
  ["hash $argon2id$v=19$m=1$abc end", "hash [secret] end"],
  ["Dana Weber and dana, WEBER", "[person] and [person], [person]"],
  ["op-17 signed on, op-178 not", "[person] signed on, op-178 not"],
  ["وصل ومريم حسن", "وصل و[person]"],
  ["李伟登录了", "[person]登录了"],
  ["mail to x.y@plant.example", "mail to [person]"],
])("%s leaves the plant as %s", (text, clean) => {
  expect(scrub(text)).toBe(clean);
});

test("what helps stays: ids, times, tables, paths, and short words that happen to be somebody's name", () => {
  const text =
    'nodejs_eventloop_lag_p50_seconds 0.01 {"level":50,"time":1790000000000,"id":"6f9619ff-8b86-4011-b42d-00c04fc964ff","msg":"reading_20261013 Alarm failed","path":"/api/v1/machines/press-2"}';
  expect(scrub(text)).toBe(text);
});

test("keys that call their value a secret lose it, however deep, and it is known from then on", () => {
  const config = { host: "h", auth: { username: "u", password: "hunter22" }, list: [{ apiKey: "k-123456" }] };
  expect(withoutSecrets(config)).toEqual({
    host: "h",
    auth: { username: "u", password: "[secret]" },
    list: [{ apiKey: "[secret]" }],
  });
  expect(secretsIn(config)).toEqual(["hunter22", "k-123456"]);
});

test("in a document the numbers stay numbers, and its texts and keys are scrubbed", () => {
  const clean = createScrubber({ secrets: [], people: ["Dana Weber", "123456", "4711"] });
  expect(scrubbed({ bytes: 123456, "of Dana Weber": ["123456", 4711, "4711"] }, clean)).toEqual({
    bytes: 123456,
    "of [person]": ["[person]", 4711, "4711"],
  });
});

test("a last look finds what slipped through", () => {
  const known = { secrets: ["hunter22"], people: ["Dana Weber"] };
  expect(leftIn("clean", known)).toEqual([]);
  expect(leftIn("x hunter22 y DANA WEBER", known)).toEqual(["hunter22", "Dana Weber"]);
});
