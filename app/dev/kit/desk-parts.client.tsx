"use client";

import { type ReactNode, useState } from "react";
import { Button } from "#app/_ui/desk/button.client.tsx";
import { type Column, DataTable } from "#app/_ui/desk/data-table.client.tsx";
import { Dialog } from "#app/_ui/desk/dialog.client.tsx";
import { SelectField, TextArea, TextField } from "#app/_ui/desk/field.tsx";
import { LanguageMenu } from "#app/_ui/desk/language-menu.client.tsx";
import { Notice, Skeleton } from "#app/_ui/notice.tsx";
import { PlantTime } from "#app/_ui/relative-time.client.tsx";

interface Row {
  readonly id: string;
  readonly name: string;
  readonly value: number;
  readonly at: number;
}

const columns: readonly Column<Row>[] = [
  { key: "name", head: "Machine", value: (row) => row.name },
  { key: "value", head: "Stops", value: (row) => row.value, align: "end" },
  {
    key: "at",
    head: "Last",
    value: (row) => new Date(row.at).toISOString(),
    cell: (row) => <PlantTime at={row.at} day />,
  },
];

export function DeskParts(props: { now: number }): ReactNode {
  const [open, setOpen] = useState(false);
  const rows = [3, 12, 7].map((value, i) => ({
    id: String(i),
    name: `Press ${String(i + 1)}`,
    value,
    at: props.now - value * 600_000,
  }));
  const empty = <Notice kind="empty" title="No rows in this range" filling />;
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-wrap items-center gap-2">
        <Button tone="primary">Primary</Button>
        <Button>Secondary</Button>
        <Button tone="quiet">Quiet</Button>
        <Button size="small">Small</Button>
        <Button why="You proposed it yourself">Not possible</Button>
        <Button busy>Busy</Button>
        <Button onPress={() => setOpen(true)}>Dialog</Button>
        <LanguageMenu language="en" />
        <span className="d-chip">Chip</span>
        <span className="d-chip" data-strong="true">
          Strong
        </span>
      </div>
      <div className="grid gap-4 md:grid-cols-3">
        <TextField label="Name" hint="As on the badge" />
        <TextField label="Limit" defaultValue="300" problem="Outside 200 to 260 °C" />
        <SelectField label="Role" options={[{ value: "a", label: "Operator" }]} />
        <TextArea label="Reason" />
      </div>
      <DataTable
        name="kit"
        caption="Stops"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        empty={empty}
      />
      <DataTable
        name="kit"
        caption="Stops"
        columns={columns}
        rows={[]}
        rowKey={(row) => row.id}
        empty={empty}
      />
      <DataTable
        name="kit"
        caption="Stops"
        columns={columns}
        rows={undefined}
        rowKey={(row) => row.id}
        empty={empty}
        loading={<Skeleton lines={3} label="Loading" />}
      />
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="Reject the change?"
        closeWord="Close"
        foot={
          <Button tone="primary" onPress={() => setOpen(false)}>
            Reject
          </Button>
        }
      >
        <TextArea label="Reason" />
      </Dialog>
    </div>
  );
}
