"use client";

import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";

/** A question at the desk. The floor has none: there, a sheet leaves the machine's state visible. */
export function Dialog(props: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  closeWord: string;
  children: ReactNode;
  /** Buttons of the foot, the primary one last. */
  foot?: ReactNode;
}): ReactNode {
  return (
    <Base.Root open={props.open} onOpenChange={props.onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-scrim" />
        <Base.Popup className="d-popup fixed start-1/2 top-1/2 z-50 flex max-h-[90dvh] w-[min(34rem,calc(100vw-2rem))] -translate-y-1/2 flex-col ltr:-translate-x-1/2 rtl:translate-x-1/2">
          <div className="flex items-start justify-between gap-4 px-5 pt-4">
            <Base.Title className="text-lg font-semibold">{props.title}</Base.Title>
            <Base.Close className="d-button" data-tone="quiet" data-size="small" aria-label={props.closeWord}>
              <X className="size-4" aria-hidden="true" />
            </Base.Close>
          </div>
          <div className="flex flex-col gap-4 overflow-y-auto px-5 py-4">{props.children}</div>
          {props.foot !== undefined && (
            <div className="flex flex-wrap justify-end gap-2 border-t border-hairline px-5 py-3">
              {props.foot}
            </div>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
