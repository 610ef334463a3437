"use client";

import { Menu as Base } from "@base-ui/react/menu";
import { Check, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";

export interface MenuItem {
  readonly key: string;
  readonly label: string;
  readonly onPress: () => void;
  /** Ticked: the one in force. */
  readonly chosen?: boolean;
  /** Why it cannot be chosen now. */
  readonly why?: string | null;
}

export function Menu(props: { label: ReactNode; items: readonly MenuItem[]; name?: string }): ReactNode {
  return (
    <Base.Root>
      <Base.Trigger
        className="d-button"
        data-tone="quiet"
        {...(props.name === undefined ? {} : { "aria-label": props.name })}
      >
        {props.label}
        <ChevronDown className="size-4 text-ink-2" aria-hidden="true" />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="z-50">
          <Base.Popup className="d-popup min-w-44 py-1 outline-none">
            {props.items.map((item) => (
              <Base.Item
                key={item.key}
                disabled={item.why !== undefined && item.why !== null}
                onClick={item.onPress}
                className="flex cursor-default items-center gap-2 px-3 py-1.5 outline-none data-[disabled]:text-ink-2 data-[highlighted]:bg-band"
              >
                <Check
                  className={`size-4 flex-none ${item.chosen === true ? "" : "invisible"}`}
                  aria-hidden="true"
                />
                <span>
                  {item.label}
                  {item.why !== undefined && item.why !== null && (
                    <span className="block text-xs">{item.why}</span>
                  )}
                </span>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
