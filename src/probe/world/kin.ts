/**
 * Which names of stickers must not meet where one of them is asked about: names that share a word, and words of things that may
 * be taken for each other or that show each other. It would rather keep two things apart once too often.
 */

/**
 * `general: special...` keeps the general word apart from each special one, and not the special ones from each other. Words on
 * a line without a colon are kept apart from each other.
 */
const kin = `
cat kitten lion tiger leopard panther
dog puppy poodle wolf fox raccoon
pet paw animal: cat dog rabbit turtle parrot hamster
bear panda koala teddy
cow ox bull buffalo bison cattle goat deer moose
goat sheep ram ewe lamb llama deer
pig boar
horse donkey zebra unicorn pony carousel saddle horseshoe knight rider
camel llama giraffe
mouse rat hamster chipmunk beaver squirrel hedgehog badger skunk otter raccoon sloth
rabbit bunny kangaroo
elephant mammoth
hippopotamus rhinoceros
monkey gorilla orangutan sloth koala
bird: chick chicken rooster turkey duck goose swan flamingo eagle owl parrot peacock penguin dodo dove blackbird feather phoenix egg nest wing
chick chicken rooster turkey duck goose swan dodo
eagle owl parrot phoenix dove
peacock turkey feather flamingo swan
bug insect: ant bee beetle ladybug mosquito butterfly fly cockroach cricket spider scorpion worm beekeeper
bee beekeeper fly mosquito wasp hive
beetle ladybug cockroach cricket bug ant
crocodile lizard dragon rex dinosaur
frog toad turtle tortoise
snake worm
snail shell spiral
scorpion crab lobster shrimp
octopus squid jellyfish
fish: shark dolphin whale blowfish carp fin sushi aquarium fishing fishbowl seafood seal oyster reef
dolphin whale shark seal fin orca
spider web
flower: rose tulip sunflower blossom hibiscus lotus hyacinth bouquet rosette poppy florist tanabata
rose tulip sunflower hibiscus lotus blossom rosette poppy bouquet
tree: camping palm christmas pine evergreen forest wood maple leaf park garden island beach campsite logging grove desert
palm island beach desert coconut
christmas pine evergreen needleleaved ornament
clover shamrock leaf herb sprout seedling plant
maple leaf
cactus desert
paw footprint print hand
balloon airballoon
ball: baseball basketball volleyball softball football rugby soccer tennis cricket bowling billiard pool golf disco mirror
baseball softball
football rugby helmet
tennis badminton racket ping cricket lacrosse
glove boxing mitten hand
bullseye target archery dart
curling ice stone hockey
die dice game
skate roller ice
pumpkin halloween
wand staff wizard sparkler
doll matryoshka
popper confetti firecracker firework sparkler
puzzle tangram
slot casino vending
sled ski snowboard toboggan snowmobile chairlift
thread yarn spool needle string
trophy medal cup award goblet
gift present package box cardboard parcel
palette paint
bread: bagel baguette flatbread croissant pretzel sandwich toaster bakery loaf bun
bread loaf baguette
doughnut bagel
cake: birthday shortcake cupcake pie pancake waffle muffin custard confectionery
shortcake pie cake
pancake waffle
cupcake muffin custard
bacon meat steak poultry leg bone ham drumstick sausage bbq
hamburger sandwich
burrito taco tamale wrap flatbread falafel
butter cheese
cheese trap
berry blueberry strawberry grape cherry
fruit: apple peach pear tomato mango tangerine lemon kiwi melon watermelon pineapple coconut grape strawberry blueberry citrus avocado banana
apple peach tomato tangerine cherry mango pear plum
lemon lime citrus tangerine orange
kiwi lime
melon watermelon
avocado pear mango
carrot radish
cookie cracker biscuit
cucumber pickle zucchini
corn maize barley
egg: easter nest hatching cooking fried breakfast chick
eggplant aubergine
french fry potato
garlic onion ginger
honey jar pot
cup mug mate coffee tea teacup beverage drink cafe beer sake maker
lemon lollipop
lollipop candy candycane confectionery
nut peanut chestnut acorn walnut bean
pizza slice
ice: cream snow snowflake snowman pop shaved
cream pop shaved cone
spaghetti pasta noodle ramen bowl
teapot kettle pot amphora teahouse vase jug
glass wine cocktail goblet tumbler flute drink toast bar alcohol champagne mate
glass goggle mask snorkel sunglass monocle nerd optician binocular
rice ball
tool: hammer wrench axe saw screwdriver plier pick hardware toolbox shovel anvil
axe hammer pick hatchet logging
saw blade
bag: backpack handbag purse clutch briefcase luggage suitcase satchel pouch basket shopping
handbag purse clutch basket
briefcase suitcase luggage toolbox case
chest treasure box
scale justice libra
basket hoop cart
bath bathtub shower sink toilet latrine
bed: hotel lodging bunk cradle sleeping
bell: doorbell chime ringing
bow arrow archery
broom brush rake mop
bucket pail
calendar date
camera film video movie projector cinema webcam photograph
candle candelabra menorah diya lamp lantern birthday fire campfire
chair seat couch sofa bench throne wheelchair table furniture
clapper film movie cinema
compass divider navigation
crayon pencil pen marker paintbrush nib
paintbrush brush paint palette
door: gate house hut elevator
window: house curtain blind building
dress gown kimono sari clothe clothing lab coat wedding
drum: keg storage
plug socket power outlet
extinguisher fire hydrant
flashlight torch lamp
floppy disk diskette disc dvd
gear cog wheel saw
gem diamond jewel jewelry crystal ring
ring: buoy planet wedding doughnut
hat: cap helmet crown graduation turban cowboy fedora
hat cap
phone: telephone mobile handset pager headphone
headphone headset earbud hearing
shoe: boot sandal sneaker flop heel cleat skate skating hiking horseshoe
boot hiking
backpack hiking
sandal flop
hook anchor hanger carabiner
jean trouser short pant brief swimsuit bikini
key lock padlock locked unlocked
keyboard typewriter piano keypad
ladder stair scaffold stile
bulb lamp light idea lantern
light: traffic flashlight lamp lighthouse
lipstick makeup
magnet horseshoe
magnifying loupe search lens
maraca rattle
megaphone loudspeaker speaker horn
microscope telescope spotting
microphone karaoke singer studio
mirror portrait
newspaper page memo
bolt screw nut
mail postbox mailbox letter envelope post
printer fax
pin pushpin nail needle
radio boombox stereo amplifier cassette
razor blade box
horn saxophone trumpet trombone bugle tuba flute ocarina postal
guitar banjo violin ukulele
scarf necktie
scissor cutter shear
scroll page paper script document receipt
shield badge
cart trolley
sponge soap butter
stethoscope doctor
ruler measure level set
sunglass goggle mask snorkel
syringe needle injection eyedropper
shirt clothe polo coat kimono uniform vest running clothing
television computer monitor screen laptop desktop microwave
tube flask alembic beaker petri
plunger bell
toothbrush tooth brush dentist
pistol gun water spray
basket waste bin trash wastebasket bucket recycling
car: automobile taxi police racing sport convertible estate pickup limousine jeep kart suv vehicle minibus auto caravan camper wash
vehicle: bus ambulance truck fire engine delivery lorry tractor van motorcycle bicycle
bus ambulance truck engine van lorry minibus trolleybus tram delivery dump camper caravan jeepney
tractor bulldozer excavator forklift mower farm
airplane plane jet fighter aircraft airfield airport drone
helicopter heliport drone
alarm clock watch timer stopwatch hourglass school
bell service reception
brick wall
boat ship: boat ship canoe sailboat ferry speedboat yacht kayak kayaking rowing houseboat motor submarine gondola dock harbor sail
canoe kayaking rowing kayak gondola
boat ship ferry speedboat yacht
sailboat sail windsurfing
carousel ferris circus
castle tower palace fortress chess rook
church mosque synagogue temple kaaba chapel wedding shrine cemetery worship coffin
tent camping campsite circus
cloud rain storm lightning snow sun
factory industry chimney cooling smoke
ferris wheel
saucer ufo alien
fountain geyser water
fuel gas petrol oil pump
hut house cabin home building barn shelter village tent
scooter kick moped
wheelchair disabled
locomotive train railway rail metro tram bullet monorail subway station tramway
motorcycle scooter moped bike bicycle atv
parachute paragliding kite
slide playground play
planet globe earth orbit moon comet world
rocket missile firecracker
satellite antenna dish
snowflake snow snowman
star: shooting glowing dizzy sparkle starfish comet meteor sun collision milky
tornado cyclone hurricane whirl
umbrella parasol
traffic signal
volcano mountain
log wood lumber stump logging
accordion piano
flag: golf mailbox hole racing windsock school stadium
sign: stop plate billboard placard signpost plaque barrier
frame: picture photo portrait
rug: carpet mat
`

/** Stop words, which do not identify a thing. */
const empty = new Set('a an the of on in at with and or to by for over under behind from not without'.split(' '))

/** Words of a name or a text in their plain form: `cup of coffee` gives `cup` and `coffee`. */
export function wordsOf(text: string): readonly string[] {
  const before = known.get(text)
  if (before) return before
  const words = text.toLowerCase().match(/[a-z]+/g) ?? []
  const found = words.filter((word) => word.length > 1 && !empty.has(word)).map(singular)
  known.set(text, found)
  return found
}

/** Of the names that stickers show, which are as many as the package has. */
const known = new Map<string, readonly string[]>()

function singular(word: string): string {
  if (/(ss|us|is)$/.test(word)) return word
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`
  if (/(ss|x|ch|sh)es$/.test(word)) return word.slice(0, -2)
  return word.replace(/s$/, '')
}

const related = relations()

function relations(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  const add = (one: string, other: string): void => {
    found.set(one, (found.get(one) ?? new Set()).add(other))
  }
  for (const line of kin.trim().split('\n')) {
    const [left = '', right] = line.split(':')
    const ones = wordsOf(left)
    for (const one of ones) {
      for (const other of wordsOf(right ?? left)) {
        add(one, other)
        add(other, one)
      }
    }
  }
  return found
}

/** All words that a name must not share with `texts`. */
export function wordsNear(texts: readonly string[]): ReadonlySet<string> {
  const words = texts.flatMap(wordsOf)
  return new Set(words.flatMap((word) => [word, ...(related.get(word) ?? [])]))
}

/** Whether a name has one of these words. */
export function hasAny(name: string, words: ReadonlySet<string>): boolean {
  return wordsOf(name).some((word) => words.has(word))
}

/** Whether one may be taken for the other by name or by sight. Symmetric; a name is alike to itself. */
export function alike(name: string, other: string): boolean {
  return hasAny(other, wordsNear([name]))
}
