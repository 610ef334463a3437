"use client";

import "./globals.css";
import type { ReactNode } from "react";
import { Failure } from "#app/_ui/failure.client.tsx";

/** Even the frame around all pages failed. */
export default function GlobalErrorPage(props: { error: Error & { digest?: string } }): ReactNode {
  return (
    <html lang="en">
      <body>
        <Failure error={props.error} onRetry={() => location.reload()} />
      </body>
    </html>
  );
}
