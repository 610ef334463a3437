"use client";

import { Hand } from "lucide-react";
import { type ReactNode, useState } from "react";
import { KioskButton } from "#app/_ui/kiosk/button.client.tsx";
import { NumberPad } from "#app/_ui/kiosk/number-pad.client.tsx";
import { Sheet } from "#app/_ui/kiosk/sheet.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";

const nothing = (): void => {};

export function KioskParts(): ReactNode {
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  return (
    <div className="kiosk flex flex-col gap-6">
      <div className="flex flex-wrap items-end gap-mm-4">
        <KioskButton tone="primary" wide onPress={nothing}>
          Primary
        </KioskButton>
        <KioskButton onPress={nothing} glyph={<Hand className="k-glyph" aria-hidden="true" />}>
          Glyph
        </KioskButton>
        <KioskButton size="secondary" onPress={nothing}>
          Secondary
        </KioskButton>
        <KioskButton size="small" tone="quiet" onPress={nothing}>
          Quiet
        </KioskButton>
        <KioskButton why="The guard is open" onPress={nothing}>
          Start
        </KioskButton>
        <KioskButton busy onPress={nothing}>
          Sending …
        </KioskButton>
        <KioskButton pressed onPress={nothing}>
          Pressed
        </KioskButton>
        <KioskButton onPress={() => setOpen(true)}>Sheet</KioskButton>
      </div>
      <div className="grid gap-6 md:grid-cols-2">
        <div className="max-w-mm-90">
          <p className="pb-mm-2 text-mm-6">{text === "" ? "–" : text}</p>
          <NumberPad
            text={text}
            onChange={setText}
            maxLength={6}
            decimal="."
            words={{ clear: "Clear", erase: "Erase" }}
          />
        </div>
        <div className="k-card flex flex-col">
          <Notice kind="empty" title="No job runs here">
            Ask planning.
          </Notice>
          <Notice kind="clear" title="Nothing needs you" />
          <Notice kind="error" title="The reasons could not be read" />
          <Notice kind="stale" title="Read 42 s ago" />
          <Notice kind="offline" title="No connection since 14:02" />
          <Skeleton lines={3} label="Loading" />
        </div>
      </div>
      <div className="relative h-mm-60 overflow-hidden border border-hairline">
        {open && (
          <Sheet title="A sheet" closeWord="Close" onClose={() => setOpen(false)}>
            <p>It takes the lower part and locks nothing.</p>
          </Sheet>
        )}
      </div>
    </div>
  );
}
