import type { ReactNode } from "react";

export default function FloorPage(): ReactNode {
  return <main>floor</main>;
}
