/** Which icons make the stickers of worlds, and what each shows. Only lists; `choose.mjs` reads them. */

/**
 * Emoji that show one thing each which has one plain name: questions ask about these. Skin tones, faces, look-alikes (two
 * cameras, twelve clocks) and signs are not among them.
 */
export const askedEmoji = words(`
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
ring-buoy ringed-planet rocket roller-skate sailboat satellite snowflake snowman star tent thermometer
tornado tractor umbrella vertical-traffic-light volcano wheel wood
`)

/** Where the set's own name is not what people would say. */
export const plainNames = {
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

/** Emoji that are never shown: they say nothing by themselves, or show more than they are called. */
export const refusedEmoji = new Set(
  words(`
articulated-lorry anger-symbol cat-face cow-face dashing-away disguised-face dog-face dotted-line-face
eye-in-speech-bubble face-in-clouds face-with-head-bandage face-with-medical-mask face-with-symbols-on-mouth fog foggy
hole horse-face hundred-points identification-card level-slider map-of-japan money-mouth-face monkey-face
mouse-face national-park nazar-amulet nerd-face partying-face performing-arts pig-face rabbit-face
star-struck tiger-face x-ray wind-face zzz
`),
)

/** Single drawings that show something else than others of their name, or reach beyond their box. */
export const refusedDrawings = new Set(
  words(`
fxemoji:baseball fxemoji:gamedie fxemoji:hotbeverage fxemoji:keyboard fxemoji:sunglasses fxemoji:toilet fxemoji:window
noto-v1:avocado noto-v1:ballot-box-with-ballot noto-v1:bat noto-v1:birthday-cake noto-v1:bread noto-v1:calendar
noto-v1:carrot noto-v1:ewe noto-v1:gem-stone noto-v1:ring noto-v1:running-shoe
noto-v1:computer-mouse noto-v1:confused-face noto-v1:control-knobs noto-v1:crab noto-v1:desert
noto-v1:downcast-face-with-sweat noto-v1:film-projector noto-v1:gorilla noto-v1:grinning-face-with-big-eyes
noto-v1:grinning-face-with-smiling-eyes noto-v1:hushed-face noto-v1:joystick noto-v1:newspaper
noto-v1:right-anger-bubble noto-v1:shinto-shrine noto-v1:snail noto-v1:snowman noto-v1:spider noto-v1:spiral-notepad
noto-v1:squinting-face-with-tongue noto-v1:sun-behind-small-cloud noto-v1:sushi noto-v1:t-shirt noto-v1:unicorn
noto-v1:white-flower noto-v1:zipper-mouth-face temaki:latrine temaki:water-bottle
`),
)

/** What Firefox OS Emoji calls otherwise; where only the hyphens are missing no line is needed. */
export const fxNames = {
  aubergine: 'eggplant',
  bactriancamel: 'two-hump-camel',
  blackpushpin: 'pushpin',
  blackscissors: 'scissors',
  bouquetofflowers: 'bouquet',
  bullhorn: 'megaphone',
  bunnyside: 'rabbit',
  catside: 'cat',
  cellphone: 'mobile-phone',
  chilipepper: 'hot-pepper',
  dogside: 'dog',
  doveofpeace: 'dove',
  dragonside: 'dragon',
  dromedarycamel: 'camel',
  earofmaize: 'ear-of-corn',
  earofrice: 'sheaf-of-rice',
  electrictorch: 'flashlight',
  evergreen: 'evergreen-tree',
  fallingleaf: 'fallen-leaf',
  floppydisk2: 'floppy-disk',
  gem: 'gem-stone',
  hampster: 'hamster',
  heels: 'high-heeled-shoe',
  hourglass: 'hourglass-done',
  housebuilding: 'house',
  leftmagnifyingglass: 'magnifying-glass-tilted-left',
  leopardside: 'leopard',
  lock: 'locked',
  lowerleftcrayon: 'crayon',
  lowerleftpaintbrush: 'paintbrush',
  lowerleftpencil: 'pencil',
  mouseside: 'mouse',
  pandaface: 'panda',
  pigside: 'pig',
  present: 'wrapped-gift',
  printericon: 'printer',
  racecar: 'racing-car',
  ringingbell: 'bell',
  schoolsatchel: 'backpack',
  sheep: 'ewe',
  sliceofpizza: 'pizza',
  spurtingwhale: 'spouting-whale',
  steamlocomotive: 'locomotive',
  studiomic: 'studio-microphone',
  tigerside: 'tiger',
  wolfface: 'wolf',
}

/** One-coloured pictograms, which are drawn on round signs: clutter, never asked about. */
export const pictograms = {
  mdi: new Set(
    words(`
air-conditioner air-humidifier airballoon album ambulance amplifier anchor atom atv awning axe-battle bacteria
badminton bag-carry-on baguette balcony bank barley barn baseball-bat baseball-diamond basketball-hoop bat beaker
bed-double bee-flower beekeeper beer bicycle bicycle-cargo bicycle-penny-farthing billiards biohazard bird blender
blinds boom-gate boombox bottle-soda bottle-tonic bottle-wine bow-tie bowl bowling box-cutter brain bread-slice bridge
brush bugle bulldozer bunk-bed bus-double-decker bus-school cabin-a-frame cake-layered candelabra candycane cannabis
car-convertible car-estate car-pickup car-side car-sports car-wash carabiner caravan cards cash-register cassette
ceiling-fan ceiling-light chair-rolling chandelier checkerboard chef-hat chess-bishop chess-king chess-knight
chess-queen chess-rook circular-saw coach-lamp coat-rack coffee-maker coffee-to-go coffin corn cradle cricket
cupboard curling desk-lamp dishwasher diving-flippers diving-snorkel domain drone dresser dump-truck dumbbell
earbuds egg-easter eiffel-tower elevator escalator excavator eyedropper fan faucet fence ferry fire-truck fireplace
fishbowl flask-round-bottom floor-lamp flower-poppy food-drumstick food-steak football-helmet forest forklift
fountain-pen fridge fruit-cherries fruit-citrus gamepad garage gas-burner gas-station gate gauge glass-flute
glass-mug go-kart golf golf-cart golf-tee gondola grain grass grave-stone greenhouse grill guitar-electric
guitar-pick hair-dryer hand-saw hanger hard-hat hat-fedora headset hiking hockey-puck hockey-sticks hops horse
horseshoe ice-pop igloo instrument-triangle iron iron-board island iv-bag jeepney jump-rope kayaking keg kettle
kettlebell key-chain koala lava-lamp leek lighthouse lingerie lotion lungs mace math-compass menorah metronome
microwave molecule moped mower muffin nail necklace needle noodles ocarina orbit ornament pac-man parachute
paragliding pasta paw piano pickaxe pier pier-crane pill pine-tree pipe pipe-wrench pitchfork pliers podium poker-chip
pool pot-steam pumpkin radiator rake robot rocket-launch rowing rug sausage saw-blade scoreboard screw-round-top
set-square shaker shark-fin ship-wheel shovel shower-head sickle silo skateboard ski snowboard snowmobile sofa
solar-panel soy-sauce speaker spear spider-web spirit-level spray sprinkler sprout stairs stocking stomach stove
submarine sword table-chair table-furniture tangram tanker-truck tape-measure tent tire toaster tooth tortoise tow-truck
traffic-cone train-car-flatbed train-car-tank transmission-tower treasure-chest tree tumble-dryer turbine umbrella-beach
unicycle vacuum valve vanity-light virus wall-sconce wardrobe warehouse washing-machine watering-can waterfall
wheel-barrow whistle wind-turbine windsock wizard-hat
`),
  ),
  temaki: new Set(
    words(`
aerialway-pole antenna anvil anvil-and-hammer archery army-tent barn beach bench billboard binoculars bleachers
boat-dry-dock bollard boulder1 boulder2 boulder3 bowling bread brick-trowel bubble-tea buffer-stop bulb bulldozer
bunk-beds bunker-silo buoy cabin cairn camper-trailer campfire can cattle-grid chairlift chefs-knife chimney cleaver
climbing-wall clothes-hanger compass cooling-tower coral-reef crane curtains desk-lamp detergent-bottle diamond
domed-tower drag-lift fighter-jet fire-hydrant fireplace gate geyser-from-ground golf-cart gondola-lift gown
grapes grass guard-rail hangar hammer-shoe hedge hearing-aid horn-cleat horseshoe horseshoes hotpot houseboat
hunting-blind hut jet-skiing kitchen-sink latrine letter-box lift-gate lipstick maze meat milestone milk-jug
monorail mountain-range natural-arch needle-and-spool obelisk oil-well paifang picnic-shelter plant plaque
play-structure polished-nail power-pole power-tower propane-tank radiation radio railway-track ruins saddle sail
sandbox sandwich scaffold school-bus seesaw shower shrub silo skateboarding slide snow snowmobile speaker spice-bottle
spotting-scope spring-rider stamp statue stile-squeezer storage-drum storage-tank street-lamp-arm swing
table-soccer tall-gate telephone telescope temaki tire toolbox tower tower-communication train-diesel train-steam tram
trampoline tree-broadleaved tree-leafless tree-needleleaved tree-palm tree-stump trench truck tunnel turnstile
utility-pole vacuum vase vending-machine wall water-bottle water-tap water-tower well-pump-manual wheel whale-watching
wind-turbine windmill windpump
`),
  ),
  maki: new Set(
    words(`
airfield alcohol-shop american-football animal-shelter aquarium bakery bank barrier baseball basketball bbq beach beer
bicycle bridge building bus cafe campsite castle cemetery cinema clothing-store communications-tower confectionery
cricket dam dentist doctor drinking-water fence ferry fire-station fitness-centre florist furniture gaming garden
gate gift globe golf grocery hairdresser harbor hardware heliport horse-riding ice-cream industry jewelry-store
karaoke lighthouse lodging logging monument mountain music optician paint park picnic-site playground prison
racetrack rail recycling residential-community restaurant restaurant-noodle restaurant-pizza restaurant-seafood
restaurant-sushi scooter shelter shoe skateboard skiing slipway stadium swimming teahouse theatre town-hall tunnel
veterinary viewpoint village volcano warehouse watch watermill wetland windmill
`),
  ),
}

/** @param {string} text */
function words(text) {
  return text.trim().split(/\s+/)
}
