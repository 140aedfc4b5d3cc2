/**
 * The stickers of worlds: icons of Fluent Emoji Flat (Microsoft, MIT) that show one thing each which has one plain name. Skin
 * tones, faces, look-alikes (two cameras, twelve clocks) and signs are left out, so that a name
 * means one sticker; so are icons with clipped or see-through groups, which the rasteriser cannot draw beyond its canvas.
 */
import { createRequire } from 'node:module'

/** Names in the icon set. */
const chosen = `
balloon baseball basketball boxing-glove bullseye christmas-tree crystal-ball curling-stone game-die ice-skate
jack-o-lantern kite magic-wand nesting-dolls party-popper puzzle-piece slot-machine sled teddy-bear tennis thread
trophy volleyball wrapped-gift yarn yo-yo artist-palette american-football

ant bat beaver butterfly cactus camel cat cow crocodile deer dolphin duck elephant flamingo fox frog giraffe goat
gorilla hedgehog hippopotamus honeybee kangaroo koala lady-beetle lion monkey mosquito octopus owl panda parrot
peacock penguin pig raccoon rhinoceros rooster rose sauropod scorpion shark skunk sloth snail snake spider
spiral-shell sunflower swan t-rex tiger tropical-fish tulip turkey turtle unicorn whale zebra palm-tree
four-leaf-clover maple-leaf paw-prints

avocado bacon bell-pepper birthday-cake blueberries bread broccoli burrito butter carrot cheese-wedge coconut cookie
crab croissant cucumber cupcake doughnut ear-of-corn egg eggplant french-fries garlic grapes hamburger honey-pot
hot-beverage hot-dog hot-pepper lemon lollipop meat-on-bone mushroom onion pancakes peach peanuts pear pineapple pizza
popcorn pretzel red-apple sandwich shortcake soft-ice-cream squid strawberry taco teapot tomato waffle watermelon
wine-glass kiwi-fruit pie spaghetti

abacus accordion axe backpack balance-scale banjo basket bathtub battery bed bell boomerang bow-and-arrow briefcase
broom bucket calendar camera candle carpentry-saw chair clapper-board compass couch-and-lamp crayon door dress drum
electric-plug fire-extinguisher flashlight floppy-disk gear gem-stone glasses gloves graduation-cap guitar hammer
handbag headphone high-heeled-shoe hiking-boot hook jeans key keyboard ladder light-bulb lipstick locked magnet
magnifying-glass-tilted-left maracas megaphone microscope mirror mobile-phone newspaper nut-and-bolt package
paintbrush pencil plunger postbox printer pushpin radio razor ring safety-pin saxophone scarf scissors screwdriver
scroll shield shopping-cart shorts sponge stethoscope straight-ruler studio-microphone sunglasses syringe t-shirt
telephone telescope television test-tube thong-sandal toilet toolbox toothbrush top-hat triangular-ruler trumpet
video-camera wastebasket water-pistol window wrench

airplane alarm-clock ambulance automobile bellhop-bell brick bus canoe carousel-horse castle church circus-tent cloud
delivery-truck factory ferris-wheel fire-engine flying-saucer fountain fuel-pump helicopter hourglass-done hut
kick-scooter locomotive manual-wheelchair motor-boat motor-scooter motorcycle parachute playground-slide rainbow
ring-buoy ringed-planet rocket roller-skate sailboat satellite snowflake snowman star stop-sign tent thermometer
tornado tractor umbrella vertical-traffic-light volcano wheel wood
`

/** Where the set's own name is not what people would say. */
const plainNames: Readonly<Record<string, string>> = {
  automobile: 'car',
  'bellhop-bell': 'service bell',
  brick: 'brick wall',
  'carpentry-saw': 'saw',
  'couch-and-lamp': 'couch',
  'ear-of-corn': 'corn',
  'four-leaf-clover': 'four-leaf clover',
  'game-die': 'die',
  headphone: 'headphones',
  'high-heeled-shoe': 'high-heeled shoe',
  honeybee: 'bee',
  'hot-beverage': 'cup of coffee',
  'hot-pepper': 'chili pepper',
  'hourglass-done': 'hourglass',
  'jack-o-lantern': 'carved pumpkin',
  'lady-beetle': 'ladybug',
  locked: 'padlock',
  'magnifying-glass-tilted-left': 'magnifying glass',
  'manual-wheelchair': 'wheelchair',
  'meat-on-bone': 'meat on a bone',
  'mobile-phone': 'mobile phone',
  package: 'cardboard box',
  'red-apple': 'apple',
  sauropod: 'long-necked dinosaur',
  'soft-ice-cream': 'ice cream cone',
  'ring-buoy': 'life ring',
  'straight-ruler': 'ruler',
  'studio-microphone': 'microphone',
  't-rex': 'T-rex',
  't-shirt': 'T-shirt',
  tennis: 'tennis racket',
  'thong-sandal': 'flip-flop',
  'tropical-fish': 'fish',
  'vertical-traffic-light': 'traffic light',
  'yo-yo': 'yo-yo',
  wastebasket: 'waste basket',
  wood: 'log',
}

/** Every sticker by its plain name, such as `magnifying glass`, in a fixed order. */
export const iconNames: readonly string[] = chosen.trim().split(/\s+/).map(plainName)

function plainName(name: string): string {
  return plainNames[name] ?? name.replaceAll('-', ' ')
}

/** Icons are drawn on a square of this side. */
export const iconSide = 32

let bodies: ReadonlyMap<string, string> | undefined

/** The SVG elements of a sticker, `iconSide` wide. Ids in them begin with `prefix`, so that two on one page stay apart. */
export function iconBody(name: string, prefix: string): string {
  bodies ??= readBodies()
  const body = bodies.get(name)
  if (body === undefined) throw new Error(`there is no sticker ${name}`)
  return body
    .replace(/\bid="/g, `id="${prefix}`)
    .replace(/url\(#/g, `url(#${prefix}`)
    .replace(/href="#/g, `href="#${prefix}`)
}

function readBodies(): ReadonlyMap<string, string> {
  const set = createRequire(import.meta.url)('@iconify-json/fluent-emoji-flat/icons.json') as {
    readonly icons: Readonly<Record<string, { readonly body: string }>>
  }
  return new Map(
    chosen
      .trim()
      .split(/\s+/)
      .map((name) => [plainName(name), set.icons[name]!.body]),
  )
}
