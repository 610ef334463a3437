import { choice, type Config, type DriverForm, filled, list, number, said, text } from "./form-parts.ts";

/** Keys of the form that stand within `security`, `user` and `browse` of the config. */
export const opcUaDeep = ["security", "policy", "trusted", "username", "passwordFile", "browse"] as const;

export const opcUaForm: DriverForm = {
  fields: [
    text("url", { required: true, example: "opc.tcp://192.168.0.20:4840" }),
    choice("security", ["none", "sign", "signAndEncrypt"]),
    choice("policy", ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"]),
    text("trusted", { example: "ab:cd:…" }),
    text("username"),
    text("passwordFile", { example: "cnc-password" }),
    { key: "browse", kind: "flag" },
  ],
  deep: {
    read(config) {
      const security = (config["security"] ?? {}) as Config;
      const user = (config["user"] ?? {}) as Config;
      return {
        security: said(security["mode"], "none"),
        policy: said(security["policy"], "Basic256Sha256"),
        trusted: list(config["trusted"])
          .map((one) => said(one))
          .join(", "),
        username: said(user["name"]),
        passwordFile: said(user["passwordFile"]),
        browse: String(config["browse"] !== undefined),
      };
    },
    write({ security = "none", policy = "", trusted = "", username, passwordFile, browse }, before) {
      const thumbprints = trusted.split(",").map((one) => one.trim());
      const usual = policy === "" || policy === "Basic256Sha256";
      const named = filled(username) ? { kind: "password", name: username, passwordFile } : undefined;
      // A user with a certificate has no field here and stays as it was.
      const kept = ((before["user"] ?? {}) as Config)["kind"] === "certificate" ? before["user"] : undefined;
      return {
        security: security === "none" ? undefined : { mode: security, ...(usual ? {} : { policy }) },
        trusted: filled(trusted) ? thumbprints.filter((one) => one !== "") : undefined,
        user: named ?? kept,
        browse: browse === "true" ? (before["browse"] ?? {}) : undefined,
      };
    },
  },
  rows: [
    text("metric", { example: "Spindle/Speed" }),
    text("node", { example: "nsu=http://maker.example/cnc;s=Spindle.Speed" }),
    number("sampleMs", ""),
    { key: "writable", kind: "flag" },
  ],
  readRows: (config) =>
    list(config["nodes"]).map((node) => ({
      metric: said(node["metric"]),
      node: said(node["node"]),
      sampleMs: said(node["sampleMs"]),
      writable: said(node["writable"]),
    })),
  // With browsing alone no node is named: a row that is left empty is none.
  writeRows: (rows) => {
    const nodes = rows.filter(({ metric, node }) => filled(metric) || filled(node));
    if (nodes.length === 0) return { nodes: undefined };
    return {
      nodes: nodes.map(({ metric, node, sampleMs, writable }) => ({
        metric,
        node,
        ...(filled(sampleMs) && { sampleMs: Number(sampleMs) }),
        ...(writable === "true" && { writable: true }),
      })),
    };
  },
};
