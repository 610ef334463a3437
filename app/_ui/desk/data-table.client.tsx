"use client";
"use no memo"; // TanStack Table 9 keeps mutable state, which the React Compiler must not cache.

import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  sortFns,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { ArrowDown, ArrowUp, Download } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useMemo } from "react";
import { type CsvCell, toCsv } from "#server/core/csv.rules.ts";
import { downloadText } from "#app/_lib/download.client.ts";
import { Button } from "./button.client.tsx";

export interface Column<T> {
  readonly key: string;
  readonly head: string;
  /** What is sorted by and exported; instants as ISO text or ms. */
  readonly value: (row: T) => CsvCell;
  /** What is drawn, if not the value itself. */
  readonly cell?: (row: T) => ReactNode;
  readonly align?: "start" | "end";
}

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel(), sortFns });
const noRows: readonly never[] = [];

/**
 * Every table of the desk: sorts by its heads, exports exactly what it shows as CSV, and says what is missing
 * when it is empty. `rows` undefined = not read yet.
 */
export function DataTable<T extends object>(props: {
  /** Names the file of the export. */
  name: string;
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[] | undefined;
  rowKey: (row: T) => string;
  empty: ReactNode;
  loading?: ReactNode;
}): ReactNode {
  const t = useTranslations("app.table");
  const { columns, rows, rowKey } = props;
  const defined = useMemo(() => {
    const helper = createColumnHelper<typeof features, T>();
    return columns.map((column) =>
      helper.accessor((row): unknown => column.value(row) ?? "", {
        id: column.key,
        header: column.head,
        sortFn: "auto",
      }),
    );
  }, [columns]);
  const table = useTable({
    features,
    columns: defined,
    data: rows ?? (noRows as readonly T[]),
    getRowId: rowKey,
  });
  const byKey = useMemo(() => new Map(columns.map((column) => [column.key, column])), [columns]);
  if (rows === undefined) return props.loading ?? null;
  if (rows.length === 0) return props.empty;
  const shown = table.getRowModel().rows;
  const exportCsv = () => {
    const text = toCsv(
      columns.map((c) => c.head),
      shown.map((row) => columns.map((c) => c.value(row.original))),
    );
    downloadText(`${props.name}.csv`, text);
  };
  return (
    <div className="flex min-h-0 flex-col gap-2">
      <div className="overflow-x-auto">
        <table className="d-table" data-cards>
          <caption className="sr-only">{props.caption}</caption>
          <thead>
            {table.getHeaderGroups().map((group) => (
              <tr key={group.id}>
                {group.headers.map((header) => {
                  const sorted = header.column.getIsSorted();
                  return (
                    <th
                      key={header.id}
                      data-align={byKey.get(header.column.id)?.align ?? "start"}
                      aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : "none"}
                    >
                      <button
                        type="button"
                        className="inline-flex items-center gap-1 font-[inherit]"
                        onClick={header.column.getToggleSortingHandler()}
                      >
                        <table.FlexRender header={header} />
                        {sorted === "asc" && <ArrowUp className="size-3.5" aria-hidden="true" />}
                        {sorted === "desc" && <ArrowDown className="size-3.5" aria-hidden="true" />}
                      </button>
                    </th>
                  );
                })}
              </tr>
            ))}
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.id}>
                {columns.map((column) => (
                  <td key={column.key} data-align={column.align ?? "start"} data-head={column.head}>
                    {column.cell === undefined ? column.value(row.original) : column.cell(row.original)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="flex items-center justify-between gap-3 px-2 pb-2 text-sm text-ink-2">
        <span>{t("rows", { count: shown.length })}</span>
        <Button size="small" tone="quiet" onPress={exportCsv}>
          <Download className="size-4" aria-hidden="true" />
          {t("csv")}
        </Button>
      </div>
    </div>
  );
}
