"""The painter's vocabulary: which words call for which setting, subject, weather, hour or attribute.

One entry a key: `key: word word ...`, going on on indented lines. A word matches whole, or by its regular endings; a `+`
before a word doubles its
weight. Words of scripts written without spaces (Japanese, Chinese, Korean) match anywhere in the text.
"""

from __future__ import annotations

_SETTINGS = """
sea: +sea +ocean bay coast coastal shore seaside wave waves surf tide offshore gulf waters aboard deck nautical wheelhouse
  mer mar meer océano 海 浜 波 바다
  +fjord +바다 море моря морю морск بحر समुद्र ocean-liner
beach: +beach sandbank seashore playa plage strand 砂浜 海岸
  +sandcastle playas praia spiaggia пляж شاطئ 海边 해변
harbour: +harbour +harbor port dock docks quay pier wharf marina jetty puerto hafen 港
  harbours dockside boatyard lighthouse-pier porto гаван
village: +village hamlet cottages pueblo dorf 村
  +village-square paese aldea деревн قرية गाँव गांव 村庄 마을
lake: +lake pond lagoon loch reservoir lago see lac 湖 池
  waterhole lago озер بحيرة झील
river: +river stream creek brook waterfall rapids canal riverbank rio fluss rivière 川
  riverbed brookside fiume río рек نهر नदी 강가
terraces: +terrace +terraces paddy paddies 棚田 田んぼ
fields: +plantation +field +fields meadow meadows grassland prairie savanna savannah steppe pasture farm plains wheat moor
  racetrack racecourse grass campo champ 野原 草原 畑
  +stadium +pitch +battlefield ranch barnyard savana cornfield pampas pasture countryside racecourse playing-field goalkeeper
  striker prado campos пол поле поля मैदान حقل 田野 들판
hills: +hill +hills hillside uphill slope slopes valley downs vineyard highlands colina hügel 丘 谷
  hilltop vales dales colinas холм
mountains: +mountain +mountains peak peaks summit alps alpine ridge cliff cliffs canyon gorge volcano pass montaña berg
  montagne 山 峠
  rock-face cliff-face cliff-edge crag crags granite montagna montanha montagnes berge гор горах جبل पहाड़ 고산
forest: +forest +woods woodland jungle rainforest grove pines birches clearing bosque wald forêt 森 林
  +bamboo trees ferns glade thicket undergrowth moss mushroom mushrooms treetops treehouse campsite bosco floresta selva лес
  лесн غابة जंगल 숲
desert: +desert dune dunes sahara oasis caravan arid wasteland desierto wüste 砂漠
  +outback +pyramids pyramid pharaoh cactus deserto désert пустын صحراء रेगिस्तान 沙漠 사막
snow: snow snowy nieve schnee neige 雪 +snowfield +tundra arctic antarctic glacier icefield polar ice iceberg frozen ski 雪原 氷
  snowman igloo sled sledge sleigh penguin penguins skier skiers +snowbank снег снеж снегу ثلج बर्फ
city: +city +skyline +downtown metropolis skyscraper skyscrapers megacity urban towers ciudad stadt ville 都市 街
  cityscape manhattan ciudades città cidade город مدينة शहर 城市 도시
street: +street +city-street +city-streets alley avenue boulevard
  crosswalk pavement sidewalk lane market bazaar neon café cafe plaza square calle
  rue strasse 通り 路地 市場
  +main-street +sidewalk +bus-stop tokyo paris london rome roma venice kyoto shanghai istanbul cairo mumbai havana storefront
  stall carnival fairground straßen strade via rua улиц شارع सड़क 街道 거리 골목
road: +road +highway motorway freeway track asphalt trail drive driving carretera 道
  +parking-lot +gas-station +crossroads route carretera strada estrada дорог طريق 公路
space: +space +galaxy +orbit planet planets cosmos cosmic nebula asteroid spaceship spacecraft starship astronaut lunar
  mars martian 宇宙 惑星
  +moon-landing moonwalk saturn jupiter lander rover cosmonaut airlock spacewalk космос космонавт فضاء अंतरिक्ष 太空 우주
underwater: +underwater +undersea reef coral seabed submarine submerged diver diving scuba depths 海中 水中
  +the-deep kelp jellyfish octopus humpback sonar подводн
cave: +cave +cavern grotto tunnel mine cellar catacomb 洞窟
garden: +garden +orchard greenhouse park blossoms courtyard jardín garten 庭 公園
  +lawn backyard playground soil seedling beehive hive picnic patio jardim giardino сад حديقة बगीचा 花园 정원
roof: +roof +rooftop rooftops terrace-top 屋根 屋上
  tejado tejados toit toits tetto tetti telhado dach dächer крыш
kitchen: +kitchen cooking stove soup bakery baking cocina küche cuisine 台所 キッチン
  garlic tomato dough flour oven pasta pizza recipe onion butter basil simmers sizzles ingredients noodle noodles chef baker
  cucina cozinha кухн مطبخ रसोई 厨房 부엌
stairs: +stairs +staircase stairwell spiral staircase steps escaleras treppe 階段
  ladder scala escada лестниц 계단
lobby: +lobby atrium foyer hallway corridor airport museum office hospital elevator ロビー
  +station +platform +subway-station terminal school hotel mall supermarket courthouse ballroom palace cathedral senate
  bahnhof gare estación stazione вокзал محطة
stage: +stage +theatre +theater opera concert auditorium spotlight audience ballet podium orchestra teatro 舞台
  ballerina curtain curtains the-wings applauds applause encore comedian microphone teatre театр مسرح
table: table +hero-shot +product-shot +pedestal +tabletop still-life product packshot pedestal
  velvet packaging
room: +room +below-deck +club nightclub casino compartment courtroom +interior +inside +indoors bedroom living-room
  apartment attic studio library restaurant classroom desk sofa
  bed fireplace window workshop hall gears crank machine machinery engine cockpit train-car habitación zimmer 部屋 室内
  +diner +tavern +saloon bar pub shop store barbershop laboratory lab kiln pottery loom monitor desktop throne chamber cell
  prison ward nursery bathroom bathtub lounge parlor parlour den basement vault bookshelf bookshelves shelf shelves ceiling
  armchair doorway gym bunk cabin submarine-interior portholes furnaces furnace fenster ventana fenêtre finestra janela окн
  комнат غرفة कमरा 房间 방안
"""

_SUBJECTS = """
person: man boy he him his guy father son brother king prince hero soldier worker farmer fisherman sailor keeper skipper
  captain driver detective grandfather uncle chef musician dancer runner traveller traveler monk wizard knight samurai
  astronaut diver pilot someone person figure silhouette hombre mann homme 男 人 彼
  monk monks knight knights viking thief spy singer dancer player goalkeeper striker climber hiker biker cyclist courier
  gunslinger sheriff senator emperor potter painter artist scientist doctor engineer programmer barista beekeeper librarian
  violinist pianist drummer guitarist boxer surfer skater swimmer pirate ninja hacker carpenter blacksmith shepherd hunter
  explorer scout teacher student worker miner stoker baker butcher tailor gardener photographer clown magician officer cowboy
  astronauts guard guest stranger mechanic waiter groom husband nephew elder villager villagers crew anciano viejo señor niño
  padre vieil vieux garçon père mann männer junge vater uomo vecchio ragazzo padre homem velho menino мужчин человек старик
  мальчик отец рыбак رجل ولد आदमी लड़का 老人 男孩 男人 남자 노인
woman: woman girl she her lady mother daughter sister queen princess actress grandmother aunt bride waitress nurse heroine
  ballerina dancer mujer frau femme 女 彼女 少女
  wife niece granddaughter widow witch nun mermaid empress goddess schoolgirl heroine singer-songwriter anciana señora niña
  madre muchacha chica femmes fille mère vieille frauen mädchen mutter donna ragazza vecchia mulher menina mãe женщин девушк
  девочк мать старух бабушк امرأة بنت فتاة औरत लड़की महिला 女孩 女人 여자 소녀
child: child kid boy girl toddler nine-year-old nine years-old schoolboy schoolgirl baby niño kind enfant 子供 少年 少女
  children kids babies boys girls schoolchildren niño niña niños garçon petite mädchen junge bambino bambina ragazzino menino
  menina ребён мальчик девочк طفل بنت बच्चा लड़की लड़का 女孩 男孩 孩子 아이 소년 소녀
couple: both two couple together lovers friends they them twins pair 二人
  bride-and-groom brothers sisters astronauts parejas paar
crowd: crowd audience people passers-by pedestrians army villagers dancers guests procession 群衆
  +fans spectators commuters senators monks soldiers troops mob congregation толп
lighthouse: +lighthouse +lighthouses faro leuchtturm phare 灯台
trawler: +trawler +ship fishing-boat ferry vessel steamer tugboat freighter boat boats fishing 船 漁船
  +liner +ocean-liner boats barco barca schiff boot navio nave barche корабл سفينة 배가
sailboat: +sailboat +yacht sail sails sailing schooner galleon regatta ヨット
  +longship +longships +galley caravel
rowboat: +rowboat canoe kayak dinghy gondola raft 小舟
  лодк
kite: +kite +kites 凧
watch: +watch +wristwatch dial chronograph timepiece 時計
bottle: +bottle perfume whisky whiskey wine flask 瓶
phone: +phone +smartphone tablet laptop 電話
cup: +cup +cups tea coffee mug teapot thermos espresso kettle お茶
  cocoa coffees latte cappuccino
pot: +pot soup stew pan cauldron ramen 鍋
product: product +hero-shot +packshot jewel jewels jewellery jewelry gem necklace diamond
  sneaker shoe headphones camera trophy crown
car: +car +cars taxi truck van bus convertible limousine suv automobile vehicle coche auto voiture 車
  +buses +headlights jeep pickup lorry minivan carro macchina машин автомобил سيارة 汽车 자동차
train: +train +locomotive railway tram subway metro 電車 列車
  +trains +subway-train zug zuges tren treno поезд поезда قطار 火车 기차
bicycle: +bicycle +bike cyclist motorcycle motorbike scooter 自転車
  +motorcycle +moped +vespa +biker bicicleta vélo fahrrad велосипед
birds: +gull +gulls +seagull +seagulls bird birds crow crows geese swallows flock eagle hawk owl 鳥
  +owl +heron +herons +raven ravens vulture vultures duck ducks swan swans sparrow pigeon pigeons dove doves stork pájaro
  oiseau oiseaux vogel vögel uccello uccelli птиц طائر 鸟
horse: +horse +horses pony stallion rider riders gallop galloping jockey cavalry cowboy 馬
  caballo cheval pferd cavallo cavalo лошад конь حصان 马
dog: +dog +dogs puppy wolf fox hound coyote 犬 狼
  foxes wolves dogs bear bears perro chien hund cane cachorro собак волк лис كلب 狗
cat: +cat +cats kitten tiger lion leopard panther 猫
  cats gato chat katze gatto кошк кот тигр قطة 猫 고양이
deer: +deer stag elk moose antelope gazelle 鹿
  reindeer goat goats
camel: +camel +camels caravan
  جمل верблюд
elephant: +elephant +elephants mammoth
  tusker слон فيل
fish: +fish +fishes shoal shark sharks turtle 魚
  salmon carp koi trout jellyfish
whale: +whale +whales dolphin dolphins orca クジラ
  humpback кит
dragon: +dragon +dragons wyvern 竜
tree: +tree +oak willow baobab pine cherry 木 桜
  oaks maple cypress
pagoda: +pagoda temple shrine torii 寺 神社
tower: +tower castle fortress cathedral windmill ruins monument statue minaret 塔 城
  towers palace citadel castello castillo château schloss замок башн
house: +house cabin cottage hut barn farmhouse shack church 家
  casa maison haus дом дома بيت घर
robot: +robot +robots android cyborg mech droid ロボット
lantern: +lantern +lanterns lamp candle torch oil-lamp 灯 提灯
  lanterns torches фонар
campfire: +campfire +bonfire fire embers flames burning 火
balloon: +balloon +balloons airship zeppelin 気球
plane: +plane +airplane aircraft jet helicopter glider 飛行機
rocket: +rocket spaceship starship spacecraft shuttle ロケット
station: iss
  +space-station +satellite
planet: +planet +planets saturn jupiter mars 惑星 月
  saturn
umbrella: +umbrella +umbrellas parasol 傘 伞 우산
flowers: +flower +flowers rose roses tulip tulips blossom blossoms petals sunflowers 花
  +daffodil +daffodils +lavender +poppy +poppies +daisy daisies wildflowers lilies orchid fiori fleurs blumen flores цвет
instrument: piano violin guitar cello
  grand-piano drums accordion trumpet saxophone
bridge: +bridge +bridges viaduct 橋
hand: +hand +hands fingers palm fist 手
face: +face +portrait eyes smile gaze tears laughs laugh grin 顔
heart: love heart romance kiss
"""

_WEATHER = """
storm: +storm +stormy thunder thunderstorm lightning tempest gale hurricane squall 嵐
  tormenta tempesta sturm orage гроз бур عاصفة
rain: +rain +rainy raining drizzle downpour showers rain-soaked rainswept lluvia regen pluie 雨
  monsoon llueve pioggia chuva дожд مطر बारिश
snowfall: +falling-snow +snow-falls +snow-falling +snow-fell +snows +snowing +snowfall +blizzard +snowstorm snowflakes flakes 吹雪
  to-snow снегопад
fog: +fog +foggy +mist +misty haze hazy smoke smoky niebla nebel brume 霧
  foggy nebbia туман ضباب
wind: +wind windy breeze gust gusts 風
clear: +clear cloudless calm sunny
cloudy: +cloudy overcast clouds grey gray 曇
"""

_HOURS = """
dawn: +dawn +sunrise daybreak first-light amanecer aube 夜明け 朝焼け
  alba amanhecer sonnenaufgang рассвет فجر
morning: +morning breakfast mañana matin morgen 朝
  mattina manhã утр صباح
noon: +noon +midday mediodía mittag midi 昼 正午
  mezzogiorno полдень ظهر
afternoon: +afternoon tarde nachmittag 午後
golden_hour: +golden-hour +golden sunset late-summer amber 夕日
  atardecer tramonto sonnenuntergang закат غروب
dusk: +dusk +twilight evening gloaming blue-hour nightfall crepúsculo 夕暮れ 夕方
  abend sera вечер مساء
night: stars starlit moon +night +midnight moonlight moonlit nocturnal starry neon noche nacht nuit 夜
  luna lune mond notte noite ноч лун ليل रात 月亮 밤
"""

_TRAITS = """
old: +old elderly aged grandmother grandfather grandma grandpa ancient wrinkled 老
  anciana anciano viejo vieja vieil vieux vieille alter alte vecchio vecchia velho старик стар عجوز 老人 노인
beard: +beard bearded whiskers
glasses: +glasses spectacles goggles
cap: +cap beanie beret bonnet
hat: +hat fedora sombrero helmet brim
hood: +hood hooded cloak
coat: +coat raincoat oilskin parka jacket trenchcoat cloak robe
suit: +suit tuxedo blazer
dress: +dress gown skirt kimono sari
longhair: +long-haired ponytail braid braids
running: +run +runs +running sprint sprints racing race chases chase gallops
walking: +walk +walks +walking strolls wanders marches crosses
sitting: +sits +sitting seated sat
climbing: climbs climb climbing
flying: +flying flies soars soar
wet: wet puddle puddles rain-slick
lit: lamp lantern lanterns beam spotlight glow glowing lights candle
beam: +beam +beams sweep ray spotlight
anchor: anchor calm still flat rest rests
torn: torn rolling rough breaking crashing foam spray
aerial: above aerial drone overhead bird's-eye
closeup: +close-up +closeup macro dial
portrait: +portrait headshot
wide: wide vast enormous endless panorama panoramic immense
pulls: away distant far tiny stroke speck dot
"""

COLOURS = """
black #17181c; white #f4f1ea; grey #8a8d90; gray #8a8d90; charcoal #35393f; silver #b9bec4; slate #59656f; red #b8322a
scarlet #c8321f; crimson #9e1f2f; burgundy #6a1f2c; maroon #6a2228; rust #a4502a; orange #d9742b; amber #dd9a35; gold #d3a444
golden #d9a640; mustard #c9962e; yellow #e8c33a; ochre #bd8a3c; sand #d8bd8c; beige #d6c5a4; cream #efe3c8; ivory #f1e9d6
brown #6e4a30; copper #b0673c; bronze #93683a; brass #b8934a; tan #b98f63; olive #75753c; lime #9fc043; green #4a7c4b
emerald #1f7a55; sage #93a183; mint #a3d0b4; teal #237a7c; turquoise #3aaaa6; cyan #45b8cc; aqua #5fc3c8; blue #34659f
navy #1e2d50; indigo #3a3a7c; azure #4f97d0; cobalt #2a50a0; sky #86b9dc; violet #7453a0; purple #6a3f86; lavender #a99ac8
lilac #b9a0c9; magenta #b8407f; pink #dc93a4; rose #cf7b86; coral #e07f66; peach #f0b48f; salmon #e39379; plum #5e3552
teal-and-orange #237a7c; neon #e0449c; pastel #d9c2cf; monochrome #808080; sepia #8a6a48; earth #7b5f42
赤 #b8322a; 青 #34659f; 黄色 #e8c33a; 緑 #4a7c4b; 白 #f4f1ea; 黒 #17181c; rojo #b8322a; azul #34659f; rouge #b8322a
bleu #34659f; rot #b8322a; blau #34659f
"""

KIN = frozenset(
    "mother father grandmother grandfather grandma grandpa aunt uncle sister brother wife husband daughter son".split()
)
GARMENTS = frozenset(
    """coat raincoat oilskin oilskins suit dress gown jacket parka cloak robe kimono sweater shirt jersey cape uniform scarf
    trenchcoat hoodie blouse skirt sari tunic overalls jumper armour armor spacesuit""".split()
)
HEADWEAR = frozenset("cap hat beanie beret helmet hood fedora bonnet headscarf turban".split())
NOUN_OR_VERB = frozenset(
    """beam bike bow bridge camp climb cloud coat dock drive face fan field fire fish fly fog frame
    hand lamp light mine mist park
    pass peak pitch pool port range ring rose sail shelter ship shop ski sled smoke snow soar stage
    stall star station steam step
    storm stream surf sweep table tear tower track trail train traffic veil watch water wave""".split()
)
"""Words that name something, or say what somebody does: `a steel watch`, `an owl watches`."""
NOUN_LEADS = frozenset(
    """a an the this that these those his her its their my our your some any every each no another one two three four five six
    seven many few several of in on at by with from to into onto over under through across along
    behind beside beneath above below
    between around against near toward towards for and or old young new big small huge little tiny long short tall low high wide
    narrow deep dark bright broad great heavy soft hard wet dry cold warm hot wooden stone marble
    iron steel glass paper open empty
    full first last only single lone lonely distant giant ocean sea city street hand's""".split()
)
VERB_FOLLOWERS = frozenset(
    """a an the this that his her its their my our your him them me us it through from over up down
    out into onto in off away back
    past across toward towards to for as at by along against around together slowly quickly gently softly while until and one
    two""".split()
)
ENGLISH = frozenset("the and of with his her is into from to they she he it we you its at by for".split())
FOREIGN_ONLY = frozenset("see kind mar rot strand rue rio via cane sera mine wand casa mond alter tren dom sala toit".split())
"""Words of other languages that mean something else in an English text."""
INTERIORS = frozenset("kitchen stairs lobby stage table room".split())


_HOMES = """
mountains: climber mountaineer hiker
sea: sailor surfer pirate fisherman skipper captain helm
fields: farmer goalkeeper striker footballer jockey scarecrow
hills: shepherd knight
snow: skier
garden: gardener beekeeper bee honeybee butterfly
kitchen: cook
room: waitress waiter barista bartender potter librarian programmer scientist teacher student
  blacksmith carpenter tailor clockmaker
  watchmaker baker weaver hacker inventor painter
lobby: nurse doctor patient commuter passenger receptionist
stage: dancer singer violinist pianist drummer guitarist actress actor magician acrobat
street: detective taxi courier policeman vendor
cave: miner
space: alien aliens
underwater: mermaid
"""


def _parse(text: str) -> dict[str, tuple[tuple[str, int], ...]]:
    table: dict[str, list[tuple[str, int]]] = {}
    for line in text.strip().replace("\n  ", " ").splitlines():
        key, words = line.split(":", 1)
        for word in words.split():
            weight = 2 if word.startswith("+") else 1
            known = table.setdefault(word.lstrip("+"), [])
            if all(key != other for other, _ in known):
                known.append((key, weight))
    return {word: tuple(keys) for word, keys in table.items()}


SETTINGS = _parse(_SETTINGS)
SUBJECTS = _parse(_SUBJECTS)
HOMES = _parse(_HOMES)
WEATHER = _parse(_WEATHER)
HOURS = _parse(_HOURS)
TRAITS = _parse(_TRAITS)
COLOUR: dict[str, str] = {
    pair.split()[0]: pair.split()[1] for line in COLOURS.strip().splitlines() for pair in line.split(";") if pair.strip()
}
