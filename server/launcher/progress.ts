import cliProgress from "cli-progress";
import { systemClock } from "#server/core/clock.ts";

export interface Step {
  /** How far it is; `total` may change while it runs. */
  update(done: number, total: number, detail?: string): void;
  done(detail?: string): void;
  failed(): void;
}

export interface Terminal {
  say(line: string): void;
  step(title: string): Step;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** A terminal shows bars; a pipe or a log gets one line when a step begins and one when it ends. */
export function terminal(out: NodeJS.WriteStream = process.stdout): Terminal {
  return out.isTTY ? liveTerminal(out) : plainTerminal(out);
}

export const silentTerminal: Terminal = {
  say: () => {},
  step: () => ({ update: () => {}, done: () => {}, failed: () => {} }),
};

function liveTerminal(out: NodeJS.WriteStream): Terminal {
  let active: cliProgress.SingleBar | null = null;
  return {
    say(line) {
      if (active !== null) out.write("\r\u001b[K");
      out.write(`${line}\n`);
    },
    step(title) {
      const begun = systemClock.monotonic();
      const bar = new cliProgress.SingleBar(
        {
          stream: out,
          format: `  ${title.padEnd(28)} {bar} {value}/{total}  {detail}`,
          barsize: 24,
          hideCursor: true,
          clearOnComplete: true,
          fps: 8,
        },
        cliProgress.Presets.shades_classic,
      );
      bar.start(1, 0, { detail: "" });
      active = bar;
      const end = (line: string) => {
        bar.stop();
        active = null;
        out.write(`${line}\n`);
      };
      return {
        update(done, total, detail = "") {
          bar.setTotal(Math.max(total, 1));
          bar.update(done, { detail });
        },
        done: (detail = "") =>
          end(
            `  ✓ ${title.padEnd(26)} ${seconds(systemClock.monotonic() - begun)}${detail === "" ? "" : `  ${detail}`}`,
          ),
        failed: () => end(`  ✗ ${title}`),
      };
    },
  };
}

function plainTerminal(out: NodeJS.WriteStream): Terminal {
  return {
    say: (line) => void out.write(`${line}\n`),
    step(title) {
      const begun = systemClock.monotonic();
      let said = 0;
      out.write(`  … ${title}\n`);
      return {
        update(done, total, detail = "") {
          const tenth = Math.floor((done / Math.max(total, 1)) * 10);
          if (tenth <= said || done >= total) return;
          said = tenth;
          out.write(`    ${title}: ${done} of ${total} ${detail}\n`);
        },
        done: (detail = "") =>
          void out.write(
            `  ✓ ${title} ${seconds(systemClock.monotonic() - begun)}${detail === "" ? "" : ` ${detail}`}\n`,
          ),
        failed: () => void out.write(`  ✗ ${title}\n`),
      };
    },
  };
}
