import { readFileSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";

/** A file that a source's config names and that cannot be used; the message says what to do. */
export class UnusableFile extends Error {}

/** Longest password, bytes: another file named by mistake is not sent to a broker. */
const maxPassword = 1024;

/**
 * The files of an edge that a source's config may name: passwords and authorities. All of them lie in one folder, so
 * that whoever may set up a source cannot have the edge send any other file of its computer to an address of theirs.
 */
export class EdgeFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * @param name relative to the folder
   * @param setting how the config calls it, for the sentence
   * @throws UnusableFile when it lies elsewhere (also by a link) or cannot be read
   */
  read(name: string, setting: string): Buffer {
    let inside: boolean;
    let path: string;
    try {
      path = realpathSync(join(this.#folder, name));
      inside = path.startsWith(realpathSync(this.#folder) + sep);
    } catch {
      throw this.#unreadable(name, setting);
    }
    if (!inside) throw new UnusableFile(`The ${setting} ${name} lies outside ${this.#folder} on the edge.`);
    try {
      return readFileSync(path);
    } catch {
      throw this.#unreadable(name, setting);
    }
  }

  /** Read anew each time, so that a new password needs no restart. @throws UnusableFile */
  password(name: string): string {
    const password = this.read(name, "passwordFile").toString("utf8").trim();
    if (password.length <= maxPassword) return password;
    throw new UnusableFile(`The passwordFile ${name} holds more than a password: name the right file.`);
  }

  #unreadable(name: string, setting: string): UnusableFile {
    return new UnusableFile(
      `The ${setting} ${name} cannot be read on the edge: put it into ${this.#folder}, or name another.`,
    );
  }
}
