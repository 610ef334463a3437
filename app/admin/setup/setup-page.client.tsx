"use client";

import { Circle, CircleCheck } from "lucide-react";
import { useTranslations } from "next-intl";
import Link from "next/link";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import type { ReactNode } from "react";
import { useRecord } from "#app/_live/record.client.ts";
import { ImportButton } from "../_import/import-dialog.client.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import type { ImportKind } from "#server/execution/imports/imports.contract.ts";
import type { ProductView } from "#server/execution/orders/products.contract.ts";
import type { PlantView } from "#server/execution/plant/plant.contract.ts";
import type { SetupStep, SetupView } from "#server/execution/setup/setup.contract.ts";
import { MachineForm, PlantForm, SignalForm } from "./plant-forms.client.tsx";
import { OrderForm, ProductForm, ReasonsForm, ShiftForm } from "./production-forms.client.tsx";
import { PeopleForm, StationHint } from "./people-forms.client.tsx";

/** What every form of the list knows, and what it calls once it has saved something. */
export interface StepProps {
  readonly plant: PlantView;
  readonly products: readonly ProductView[];
  readonly onSaved: () => void;
}

const forms: Readonly<Record<SetupStep, (props: StepProps) => ReactNode>> = {
  plant: PlantForm,
  machine: MachineForm,
  signal: SignalForm,
  product: ProductForm,
  shift: ShiftForm,
  reasons: ReasonsForm,
  people: PeopleForm,
  order: OrderForm,
  station: StationHint,
};

/** What a file can say of a step; a source's tags are brought in where the source is. */
const files: Partial<Readonly<Record<SetupStep, readonly [ImportKind, ...ImportKind[]]>>> = {
  plant: ["plant"],
  machine: ["machines"],
  product: ["products", "routings", "bills"],
  shift: ["shifts"],
  reasons: ["reasons"],
  people: ["people", "skills"],
  order: ["orders"],
  station: ["stations"],
};

/** Where what a step began is changed later, with its history. */
const editors: Partial<Readonly<Record<SetupStep, string>>> = {
  machine: "/admin/equipment",
  signal: "/admin/sources",
  product: "/admin/products",
  shift: "/admin/calendar",
  reasons: "/admin/reasons",
  people: "/admin/people",
  order: "/office/orders",
  station: "/admin/stations",
};

/**
 * The setup list: each step says what it is for, how far it is, and opens where it is done. The first that is not
 * done stands open; any other can be opened by its name, which stands in the address.
 */
export function SetupPage(props: {
  initial: SetupView;
  plant: PlantView;
  products: readonly ProductView[];
}): ReactNode {
  const t = useTranslations("admin.setup");
  const path = usePathname();
  const router = useRouter();
  const asked = useSearchParams().get("step");
  const scopes = ["plant"];
  const setup = useRecord<SetupView>({ path: "/setup", initial: props.initial, scopes, everyMs: 10_000 });
  const plant = useRecord<PlantView>({ path: "/plant", initial: props.plant, scopes, topics: ["plant."] });
  const products = useRecord<readonly ProductView[]>({
    path: "/products",
    initial: props.products,
    scopes,
    topics: ["product."],
  });
  const { steps, done } = setup.data ?? props.initial;
  const open = steps.find((one) => one.step === asked)?.step ?? steps.find((one) => !one.done)?.step;
  const reread = () => {
    for (const record of [setup, plant, products]) record.reread();
  };
  const saved = () => {
    reread();
    // The next step opens by itself: whoever chose one by name has done it now.
    if (asked !== null) router.replace(path, { scroll: false });
  };
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-4">
      <header className="d-panel p-4">
        <h1 className="text-lg font-semibold">{t("title")}</h1>
        <p className="text-ink-2">{t(done === steps.length ? "allDone" : "text")}</p>
        <div className="mt-3 flex items-center gap-3">
          <progress className="setup-progress" value={done} max={steps.length} aria-label={t("progress")} />
          <span className="text-sm whitespace-nowrap text-ink-2">
            {t("doneOf", { done, all: steps.length })}
          </span>
        </div>
      </header>
      {setup.error !== null && <Notice kind="error" title={t("unread")} />}
      <ol className="d-panel divide-y divide-hairline">
        {steps.map(({ step, done: isDone, count, missing }, i) => {
          const Form = forms[step];
          const file = files[step];
          const editor = editors[step];
          const isOpen = step === open;
          return (
            <li key={step} data-step={step} data-done={isDone} className={isOpen ? "bg-raised" : ""}>
              <button
                type="button"
                aria-expanded={isOpen}
                className="grid w-full grid-cols-[auto_1fr_auto] items-center gap-3 px-4 py-3 text-start hover:bg-band/40"
                onClick={() => router.replace(`${path}?step=${step}`, { scroll: false })}
              >
                {isDone ? (
                  <CircleCheck className="size-5" aria-hidden="true" />
                ) : (
                  <Circle className="size-5 text-ink-2" aria-hidden="true" />
                )}
                <span>
                  <span className="font-semibold">
                    {i + 1}. {t(`step.${step}.name`)}
                  </span>
                  <span className="block text-sm text-ink-2">
                    {missing.length > 0 ? (
                      <>
                        {t(`step.${step}.missing`)} <bdi>{missing.join(", ")}</bdi>
                      </>
                    ) : (
                      t(`step.${step}.count`, { count })
                    )}
                  </span>
                </span>
                <span className="text-sm text-ink-2">{t(isDone ? "isDone" : "isOpen")}</span>
              </button>
              {isOpen && (
                <div className="px-4 pb-5 ps-12">
                  <p className="pb-3 text-ink-2">{t(`step.${step}.why`)}</p>
                  <Form
                    plant={plant.data ?? props.plant}
                    products={products.data ?? props.products}
                    onSaved={saved}
                  />
                  {editor !== undefined && (
                    <p className="pt-3">
                      <Link className="d-link" href={editor} prefetch={false}>
                        {t("editor")}
                      </Link>
                    </p>
                  )}
                  {file !== undefined && (
                    <div className="mt-3 border-t border-hairline pt-3">
                      <ImportButton
                        kinds={file}
                        // What a file did is read before the list goes on to its next step.
                        onOpen={() => router.replace(`${path}?step=${step}`, { scroll: false })}
                        onStored={reread}
                      />
                    </div>
                  )}
                </div>
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}
