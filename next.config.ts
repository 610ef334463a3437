import type { NextConfig } from "next";
import createNextIntlPlugin from "next-intl/plugin";

const withWords = createNextIntlPlugin("./app/_lib/i18n/request.ts");

const config: NextConfig = {
  reactCompiler: true,
  poweredByHeader: false,
  // The front door compresses nothing twice and owns every security header.
  compress: true,
  devIndicators: false,
  agentRules: false,
  // `npm run check` types the whole tree with the same compiler; the build need not do it again.
  typescript: { ignoreBuildErrors: true },
  serverExternalPackages: ["postgres", "better-auth", "@node-rs/argon2"],
  // Screens never move their state through Next's router cache: each page is rendered when it is asked for.
  experimental: { staleTimes: { dynamic: 0, static: 30 } },
};

export default withWords(config);
