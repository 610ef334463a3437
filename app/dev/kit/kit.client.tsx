"use client";

// This page is for those who build screens; its headings are names of components and stay untranslated.
import type { ReactNode } from "react";
import { chooseTheme } from "#app/_lib/choose.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { DeskParts } from "./desk-parts.client.tsx";
import { KioskParts } from "./kiosk-parts.client.tsx";
import { Marks } from "./marks.client.tsx";
import { Charts } from "./charts.client.tsx";

export function Kit(props: { now: number }): ReactNode {
  return (
    <main className="mx-auto flex max-w-7xl flex-col gap-8 p-6">
      <header className="flex flex-wrap items-center justify-between gap-4">
        <h1 className="text-2xl font-semibold">Kit</h1>
        <div className="flex gap-2">
          <Button onPress={() => chooseTheme("light")}>light</Button>
          <Button onPress={() => chooseTheme("dark")}>dark</Button>
        </div>
      </header>
      <Part name="Marks, values, bars, ribbons">
        <Marks now={props.now} />
      </Part>
      <Part name="Kiosk">
        <KioskParts />
      </Part>
      <Part name="Desk">
        <DeskParts now={props.now} />
      </Part>
      <Part name="Charts">
        <Charts now={props.now} />
      </Part>
    </main>
  );
}

function Part(props: { name: string; children: ReactNode }): ReactNode {
  return (
    <section aria-label={props.name} className="d-panel flex flex-col gap-5 p-5">
      <h2 className="text-lg font-semibold">{props.name}</h2>
      {props.children}
    </section>
  );
}
