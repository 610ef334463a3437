"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { useForm } from "react-hook-form";
import { useCommand } from "#app/_lib/use-command.client.ts";
import { useErrorWords } from "#app/_lib/words.client.ts";
import { useRecord } from "#app/_live/record.client.ts";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { SelectField, TextField } from "#app/_ui/desk/field.tsx";
import type { SourceView } from "#server/execution/sources/sources.contract.ts";
import type { TagView } from "#server/execution/tags/tags.contract.ts";
import type { TagTemplateView } from "#server/execution/tags/templates.contract.ts";

type Tool = "apply" | "make";

/** Makes a template of a machine's tags, or gives a machine the tags of one. */
export function TemplateTools(props: {
  source: SourceView;
  machines: readonly { id: number; code: string; name: string }[];
  tags: readonly TagView[];
  onDone: () => void;
}): ReactNode {
  const t = useTranslations("admin.sources");
  const [tool, setTool] = useState<Tool | null>(null);
  const templates = useRecord<readonly TagTemplateView[]>({
    path: "/tag-templates",
    scopes: ["plant"],
    topics: ["tags."],
  });
  const none = (templates.data?.length ?? 0) === 0;
  return (
    <span className="flex flex-wrap gap-2">
      <Button size="small" why={none ? t("noTemplates") : null} onPress={() => setTool("apply")}>
        {t("applyTemplate")}
      </Button>
      <Button size="small" why={props.tags.length === 0 ? t("noTags") : null} onPress={() => setTool("make")}>
        {t("makeTemplate")}
      </Button>
      {tool !== null && (
        <TemplateDialog
          {...props}
          tool={tool}
          templates={templates.data ?? []}
          onClose={(done) => {
            setTool(null);
            if (!done) return;
            templates.reread();
            props.onDone();
          }}
        />
      )}
    </span>
  );
}

function TemplateDialog(props: {
  tool: Tool;
  source: SourceView;
  machines: readonly { id: number; code: string; name: string }[];
  tags: readonly TagView[];
  templates: readonly TagTemplateView[];
  onClose: (done: boolean) => void;
}): ReactNode {
  const { tool, source, tags, templates, onClose } = props;
  const t = useTranslations("admin.sources");
  const app = useTranslations("app");
  const wrong = useErrorWords();
  const command = useCommand<object, unknown>("/tag-templates");
  const tagged = new Set(tags.map(({ machineId }) => machineId));
  const machines = props.machines.filter(({ id }) => (tool === "make" ? tagged.has(id) : !tagged.has(id)));
  const [first] = machines;
  const form = useForm({
    defaultValues: {
      template: String(templates[0]?.id ?? ""),
      name: "",
      kind: "",
      machine: String(first?.id ?? ""),
      prefix: tool === "make" ? commonPrefix(tags.filter(({ machineId }) => machineId === first?.id)) : "",
    },
  });
  const press = form.handleSubmit(async ({ template, name, kind, machine, prefix }) => {
    const where = { sourceId: source.id, machineId: Number(machine), prefix };
    const done =
      tool === "make"
        ? await command.run({ ...where, name, kind })
        : await command.run(where, `/tag-templates/${template}/apply`);
    if (done !== null) onClose(true);
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose(false);
      }}
      title={t(tool === "make" ? "makeTemplate" : "applyTemplate")}
      closeWord={app("close")}
      foot={
        <>
          <Button onPress={() => onClose(false)}>{app("cancel")}</Button>
          <Button
            tone="primary"
            busy={command.busy}
            why={first === undefined ? t("noMachineLeft") : null}
            onPress={() => void press()}
          >
            {t("save")}
          </Button>
        </>
      }
    >
      {command.state.phase === "wrong" && (
        <p role="alert" className="font-semibold">
          {wrong(command.state.error)}
        </p>
      )}
      {tool === "make" ? (
        <>
          <TextField label={t("templateName")} {...form.register("name", { required: true })} />
          <TextField label={t("kind")} {...form.register("kind", { required: true })} />
        </>
      ) : (
        <SelectField
          label={t("template")}
          options={templates.map(({ id, name }) => ({ value: String(id), label: name }))}
          {...form.register("template")}
        />
      )}
      <SelectField
        label={t("machine")}
        options={machines.map(({ id, name }) => ({ value: String(id), label: name }))}
        {...form.register("machine")}
      />
      <TextField label={t("prefix")} hint={t("prefixHint")} dir="ltr" {...form.register("prefix")} />
    </Dialog>
  );
}

/** What all metrics of a machine begin with, up to a separator. */
function commonPrefix(tags: readonly TagView[]): string {
  const [first, ...rest] = tags.map(({ metric }) => metric);
  if (first === undefined) return "";
  let length = first.lastIndexOf("/") + 1;
  for (const metric of rest)
    while (length > 0 && !metric.startsWith(first.slice(0, length)))
      length = first.lastIndexOf("/", length - 2) + 1;
  return first.slice(0, length);
}
