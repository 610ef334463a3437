"use client";

import type { ReactNode } from "react";
import { Failure } from "#app/_ui/failure.client.tsx";

/** A page that failed: the whole page is asked for again, because what failed is on the server. */
export default function ErrorPage(props: { error: Error & { digest?: string } }): ReactNode {
  return <Failure error={props.error} onRetry={() => location.reload()} />;
}
