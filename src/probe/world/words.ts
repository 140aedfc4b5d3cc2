/** Texts of signs: words, numbers and plates. Plates avoid letters and digits that look alike (I and 1, O and 0). */
import type { Random } from '../../shared/random.ts'
import { itemAt } from '../../shared/known.ts'

const words = `
BAKERY MARKET SCHOOL MUSEUM GARDEN BRIDGE STATION HARBOR LIBRARY CINEMA THEATER HOTEL CAFE BANK POST GALLERY PHARMACY
TICKETS TOYS BOOKS SHOES FLOWERS COFFEE FRUIT BREAD CHEESE HONEY SALAD SOUP PASTA LEMON OLIVE PEPPER SUGAR WATER MUSIC
DANCE CIRCUS TENNIS CHESS SWIM CYCLE SKATE RUN CAMP NORTH SOUTH EAST WEST EXIT ENTRY OPEN CLOSED PARKING TAXI FERRY
TRAM METRO RIVER LAKE FOREST MEADOW VALLEY SUMMIT BEACH ISLAND DESERT SPRING SUMMER AUTUMN WINTER MONDAY FRIDAY SUNDAY
MARCH APRIL AUGUST SILVER COPPER MARBLE GRANITE VELVET COTTON LINEN PAPER PENCIL CANVAS MIRROR LANTERN CANDLE KETTLE
BASKET LADDER HAMMER ANCHOR COMPASS ROCKET PLANET COMET METEOR FALCON HERON SPARROW BADGER OTTER SALMON LOBSTER WALNUT
`
  .trim()
  .split(/\s+/)

const letters = 'ABCDEFGHJKLMNPRSTUVWXYZ'
const digits = '23456789'

export type TextKind = 'word' | 'number' | 'plate'

export interface Texts {
  fresh(kind: TextKind): string
  /** A plate that differs from `plate` in one place. */
  near(plate: string): string
}

/** Texts that are never the same twice. */
export function textSource(rng: Random): Texts {
  const used = new Set<string>()
  const left = rng.shuffle(words)
  const make: Readonly<Record<TextKind, () => string>> = {
    word: () => left.pop() ?? make.plate(),
    number: () => String(100 + rng.int(900)),
    plate: () => `${some(rng, letters)}${some(rng, letters)}-${some(rng, digits)}${some(rng, digits)}`,
  }
  const unused = (propose: () => string): string => {
    for (;;) {
      const text = propose()
      if (!used.has(text)) return used.add(text) && text
    }
  }
  return {
    fresh: (kind) => unused(make[kind]),
    near: (plate) =>
      unused(() => {
        const at = rng.pick([0, 1, 3, 4])
        return plate.slice(0, at) + some(rng, at < 2 ? letters : digits) + plate.slice(at + 1)
      }),
  }
}

function some(rng: Random, characters: string): string {
  return itemAt(characters, rng.int(characters.length))
}
