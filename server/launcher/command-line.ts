import { parseArgs, type ParseArgsConfig } from "node:util";
import { Problem } from "./problem.ts";

/**
 * What a person typed after a command. Whatever the command does not know is answered by its usage, so that nothing
 * is done on a misunderstanding. @throws Problem with `usage`
 */
export function commandLine<const O extends NonNullable<ParseArgsConfig["options"]>>(
  usage: string,
  words: { readonly least: number; readonly most: number },
  options: O,
) {
  const typed = parsed(usage, options);
  const count = typed.positionals.length;
  if (count < words.least || count > words.most) throw new Problem(usage);
  return typed;
}

function parsed<const O extends NonNullable<ParseArgsConfig["options"]>>(usage: string, options: O) {
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch {
    throw new Problem(usage);
  }
}
