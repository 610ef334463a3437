"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useRecord } from "#app/_live/record.client.ts";
import type { StoryView } from "#server/demo/demo.contract.ts";

/** The line that says that this is a demo, and which step of a story plays now. */
export function StoryStrip(): ReactNode {
  const t = useTranslations("app");
  const words = useTranslations("story");
  const { data } = useRecord<{ story: StoryView }>({
    path: "/demo/story",
    scopes: ["plant"],
    topics: ["demo."],
    everyMs: 30_000,
  });
  const story = data?.story ?? null;
  return (
    <p
      className="border-t border-hairline px-4 py-0.5 text-xs text-ink-2 data-[playing=true]:py-1.5 data-[playing=true]:text-base data-[playing=true]:text-ink"
      data-playing={story !== null}
      role="status"
    >
      {story === null ? (
        t("demo")
      ) : (
        <>
          <span className="d-chip me-2" data-strong="true">
            <bdi dir="ltr">{`${story.step}/${story.steps}`}</bdi>
          </span>
          {words(`${story.name}.${story.step}`, story.params)}
        </>
      )}
    </p>
  );
}
