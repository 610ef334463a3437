"use client";

import { Printer } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "#app/_ui/desk/button.client.tsx";

export function PrintButton(props: { word: string }): ReactNode {
  return (
    <Button tone="primary" onPress={() => print()}>
      <Printer className="size-4" aria-hidden="true" />
      {props.word}
    </Button>
  );
}
