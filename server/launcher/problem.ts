/**
 * What a person can mend: said in one clear sentence on the terminal, and the command ends with exit code 1.
 * Anything else that is thrown is a bug and shows its stack.
 */
export class Problem extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = "Problem";
  }
}

/** Says what is wrong on standard error and ends this process. */
export function endWith(error: unknown): never {
  if (error instanceof Problem) console.error(`\n${error.message}`);
  else console.error(error);
  process.exit(1);
}

/** The sentence for an error of the file system, naming the folder it is about. */
export function fileProblem(error: unknown, path: string, purpose: string): Problem | null {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOSPC" || code === "EDQUOT")
    return new Problem(`The disk that holds ${path} is full: free some space (${purpose}) and start again.`);
  if (code === "EACCES" || code === "EPERM")
    return new Problem(
      `No permission to write in ${path} (${purpose}): give this user the folder, or name another one with DATA_DIR.`,
    );
  if (code === "EROFS")
    return new Problem(`${path} lies on a read-only disk (${purpose}): name another folder with DATA_DIR.`);
  if (code === "ENOTDIR" || code === "EEXIST")
    return new Problem(`${path} is not a folder (${purpose}): name another one with DATA_DIR.`);
  return null;
}
