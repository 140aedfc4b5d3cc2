/** The colours of the turns, as `vite.config.ts` provides them. */
declare module 'virtual:palette.css'
