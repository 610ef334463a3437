import { NextIntlClientProvider } from "next-intl";
import { getLocale, getMessages, getTimeZone } from "next-intl/server";
import type { ReactNode } from "react";

/** Namespaces every area's client components use: the shell, units, states, qualities, refusals. */
const always = ["app", "unit", "state", "quality", "refusal"] as const;

/**
 * Hands words to the client components below: only the namespaces an area names, so that a tablet does not
 * load the office's. A component that lacks its namespace shows the key, and a test of the area sees it.
 */
export async function ClientWords(props: {
  namespaces: readonly string[];
  children: ReactNode;
}): Promise<ReactNode> {
  const all = await getMessages();
  const wanted = new Set<string>([...always, ...props.namespaces]);
  const messages = Object.fromEntries(Object.entries(all).filter(([name]) => wanted.has(name)));
  return (
    <NextIntlClientProvider
      locale={await getLocale()}
      timeZone={await getTimeZone()}
      messages={messages}
      formats={null}
    >
      {props.children}
    </NextIntlClientProvider>
  );
}
