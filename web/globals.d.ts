/// <reference types="vite/client" />

declare const __CAJAL_VERSION__: string

declare module "virtual:recorded" {
  const recorded: Readonly<Record<string, { readonly met: number; readonly claims: number; readonly date: string }>>
  export default recorded
}
