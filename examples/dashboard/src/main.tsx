import createCache from "@emotion/cache";
import { CacheProvider } from "@emotion/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Dashboard } from "./Dashboard";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no root");

// The page's policy lets in styles that carry this answer's nonce.
const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce;

createRoot(root).render(
  <StrictMode>
    <CacheProvider value={createCache({ key: "css", nonce })}>
      <Dashboard two={new URLSearchParams(location.search).has("two")} />
    </CacheProvider>
  </StrictMode>,
);
