"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useForm } from "react-hook-form";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords, useRefusalWords } from "#app/_lib/words.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { TextArea, TextField } from "#app/_ui/desk/field.tsx";
import type { RefusalView } from "#server/core/refusal.contract.ts";
import type { OrderView } from "#server/execution/orders/orders.contract.ts";
import {
  delivered,
  splittable,
  whyNotCancel,
  whyNotClose,
  whyNotHold,
  whyNotRelease,
  whyNotReopen,
  whyNotSplit,
} from "#server/execution/orders/planning.rules.ts";

const deeds = ["split", "hold", "release", "close", "reopen", "cancel"] as const;
type Deed = (typeof deeds)[number];

const whyNotDeed: Record<Deed, (order: OrderView) => RefusalView | null> = {
  split: (order) => whyNotSplit(order, 1),
  hold: whyNotHold,
  release: whyNotRelease,
  // A reason is asked for in the dialog.
  close: (order) => whyNotClose(order, "given"),
  reopen: whyNotReopen,
  cancel: whyNotCancel,
};

/** Of hold and release, close and reopen the one that fits the state; what cannot be done stays and says why. */
function shown(deed: Deed, order: OrderView): boolean {
  if (deed === "release") return order.state === "held";
  if (deed === "hold") return order.state !== "held";
  if (deed === "reopen") return order.state === "closed";
  return deed !== "close" || order.state !== "closed";
}

/** What may be done with an order: the same rules as the commands grey a button and say why. */
export function OrderDeeds(props: {
  order: OrderView;
  whyNot: string | null;
  onDone: () => void;
}): ReactNode {
  const { order, whyNot } = props;
  const t = useTranslations("orders.deed");
  const refusal = useRefusalWords();
  const [asked, setAsked] = useState<Deed | null>(null);
  const why = (deed: Deed) => {
    const rule = whyNotDeed[deed](order);
    return whyNot ?? (rule === null ? null : refusal(rule));
  };
  return (
    <div className="flex flex-wrap gap-2">
      {deeds
        .filter((deed) => shown(deed, order))
        .map((deed) => (
          <Button key={deed} why={why(deed)} onPress={() => setAsked(deed)}>
            {t(`${deed}.do`)}
          </Button>
        ))}
      {asked !== null && (
        <DeedDialog
          deed={asked}
          order={order}
          onClose={(done) => {
            setAsked(null);
            if (done) props.onDone();
          }}
        />
      )}
    </div>
  );
}

function DeedDialog(props: { deed: Deed; order: OrderView; onClose: (done: boolean) => void }): ReactNode {
  const { deed, order } = props;
  const t = useTranslations("orders.deed");
  const words = useTranslations("orders");
  const app = useTranslations("app");
  const wrong = useErrorWords();
  const refusal = useRefusalWords();
  const command = useCommand<object, unknown>(`/orders/${order.id}/${deed}`);
  const short = deed === "close" && delivered(order) < order.quantity;
  const needsReason = deed === "hold" || deed === "reopen" || short;
  const form = useForm({ defaultValues: { reason: "", quantity: "", code: `${order.code}-2` } });
  const save = form.handleSubmit(async ({ reason, quantity, code }) => {
    const input =
      deed === "split"
        ? { quantity: Number(quantity), code }
        : reason.trim() === ""
          ? {}
          : { reason: reason.trim() };
    if ((await command.run(input)) !== null) props.onClose(true);
  });
  const { errors } = form.formState;
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) props.onClose(false);
      }}
      title={t(`${deed}.title`, { order: order.code })}
      closeWord={app("close")}
      foot={
        <>
          <Button onPress={() => props.onClose(false)}>{app("cancel")}</Button>
          <Button tone="primary" busy={command.busy} onPress={() => void save()}>
            {t(`${deed}.do`)}
          </Button>
        </>
      }
    >
      <p className="text-ink-2">{t(`${deed}.text`)}</p>
      {short && (
        <p className="font-semibold">{t("short", { made: delivered(order), quantity: order.quantity })}</p>
      )}
      {command.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(command.state.error)}
        </p>
      )}
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {deed === "split" ? (
          <>
            <TextField
              label={t("partsToMove")}
              hint={t("most", { most: splittable(order) })}
              inputMode="numeric"
              {...form.register("quantity", {
                required: words("required"),
                validate: (text) => {
                  const parts = Number(text);
                  if (!Number.isInteger(parts) || parts <= 0) return words("aboveNought");
                  const rule = whyNotSplit(order, parts);
                  return rule === null || refusal(rule);
                },
              })}
              problem={errors.quantity?.message}
            />
            <TextField
              label={t("newNumber")}
              {...form.register("code", { required: words("required"), maxLength: 40 })}
              problem={errors.code?.message}
            />
          </>
        ) : (
          <TextArea
            label={needsReason ? t("reason") : t("reasonIfAny")}
            {...form.register("reason", {
              validate: (text) => !needsReason || text.trim() !== "" || words("required"),
            })}
            problem={errors.reason?.message}
          />
        )}
      </form>
    </Dialog>
  );
}
