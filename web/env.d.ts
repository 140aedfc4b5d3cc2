/** The stylesheet of the self-contained page, as `vite.config.ts` provides it. */
declare module 'virtual:page-style.css'
