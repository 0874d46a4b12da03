import type { Place } from '../visitors/visits/place.ts';
import { type Draw, drawFrom, type Weighted } from './random.ts';

export type Country = {
  /** Hours that its clocks are ahead of UTC; where there are several, those of most people. */
  offset: number;
  /** Share of iPhones among its phones. */
  iPhones: number;
  /** Accept-Language as browsers send it. */
  drawLanguage: Draw<string>;
  drawPlace: Draw<Place>;
};

/**
 * The countries of an outdoor brand's customers, one a line:
 * code, share, offset, share of iPhones | languages | region/city, written as the geo data writes them.
 */
const table = `
US 300 -6 .57 | en-US 92, es-US 6, zh-CN 1, vi-VN 1 | New York/New York 9, California/Los Angeles 8, Illinois/Chicago 6, Washington/Seattle 7, Colorado/Denver 8, Texas/Austin 5, Texas/Dallas 4, Oregon/Portland 6, California/San Francisco 6, Massachusetts/Boston 4, Utah/Salt Lake City 4, Ohio/Columbus 3, Georgia/Atlanta 3, Minnesota/Minneapolis 3, Arizona/Phoenix 3, Florida/Miami 3
GB 120 0 .52 | en-GB 95, pl-PL 2, en-US 3 | England/London 20, England/Manchester 8, Scotland/Edinburgh 7, Scotland/Glasgow 4, England/Leeds 4, England/Sheffield 4, Wales/Cardiff 3, England/Bristol 4, England/Birmingham 4, Northern Ireland/Belfast 2
DE 115 1 .36 | de-DE 90, en-US 5, tr-TR 3, ru-RU 2 | State of Berlin/Berlin 10, Bavaria/Munich 10, Hamburg/Hamburg 7, Hesse/Frankfurt am Main 6, North Rhine-Westphalia/Cologne 5, Baden-Wurttemberg/Stuttgart 5, Saxony/Leipzig 4, North Rhine-Westphalia/Dusseldorf 4, Baden-Wurttemberg/Freiburg 3, Saxony/Dresden 3
FR 62 1 .35 | fr-FR 94, en-US 4, ar 2 | Ile-de-France/Paris 12, Rhone-Alpes/Lyon 7, Rhone-Alpes/Grenoble 5, Provence-Alpes-Cote d'Azur/Marseille 4, Occitanie/Toulouse 4, Grand Est/Strasbourg 3, Hauts-de-France/Lille 3
CA 60 -5 .58 | en-CA 76, fr-CA 20, zh-CN 4 | Ontario/Toronto 9, Quebec/Montreal 8, British Columbia/Vancouver 9, Alberta/Calgary 6, Ontario/Ottawa 4, Alberta/Edmonton 3, Quebec/Quebec 2
NL 42 1 .42 | nl-NL 84, en-US 12, de-DE 4 | North Holland/Amsterdam 9, South Holland/Rotterdam 5, Utrecht/Utrecht 5, South Holland/The Hague 4, North Brabant/Eindhoven 4, Groningen/Groningen 2
AU 40 10 .59 | en-AU 94, en-US 3, zh-CN 3 | New South Wales/Sydney 9, Victoria/Melbourne 9, Queensland/Brisbane 5, Western Australia/Perth 3, Australian Capital Territory/Canberra 2, Tasmania/Hobart 2
SE 34 1 .58 | sv-SE 88, en-US 10, fi-FI 2 | Stockholm/Stockholm 9, Vastra Gotaland/Gothenburg 6, Skane/Malmo 4, Uppsala/Uppsala 2, Vasterbotten/Umea 2
CH 32 1 .57 | de-CH 58, fr-CH 24, it-CH 7, en-US 11 | Zurich/Zurich 9, Bern/Bern 5, Geneva/Geneva 4, Vaud/Lausanne 4, Basel-City/Basel 4, Lucerne/Lucerne 2
NO 28 1 .62 | nb-NO 88, en-US 10, nn-NO 2 | Oslo/Oslo 9, Vestland/Bergen 5, Trondelag/Trondheim 4, Rogaland/Stavanger 3, Troms/Tromso 2
AT 26 1 .38 | de-AT 92, en-US 5, tr-TR 3 | Vienna/Vienna 9, Tyrol/Innsbruck 5, Salzburg/Salzburg 4, Styria/Graz 4, Upper Austria/Linz 3
ES 26 1 .24 | es-ES 86, ca-ES 9, en-US 5 | Madrid/Madrid 8, Catalonia/Barcelona 8, Basque Country/Bilbao 3, Valencia/Valencia 3, Aragon/Zaragoza 2
IT 26 1 .31 | it-IT 93, en-US 4, de-IT 3 | Lombardy/Milan 8, Lazio/Rome 6, Piedmont/Turin 4, Emilia-Romagna/Bologna 3, Trentino-Alto Adige/Bolzano 3, Veneto/Verona 2
JP 25 9 .63 | ja-JP 96, en-US 4 | Tokyo/Tokyo 9, Osaka/Osaka 4, Kanagawa/Yokohama 3, Nagano/Matsumoto 2, Hokkaido/Sapporo 2
IN 24 5.5 .05 | en-IN 62, hi-IN 22, en-US 10, ta-IN 6 | Karnataka/Bengaluru 8, Maharashtra/Mumbai 7, Delhi/New Delhi 6, Maharashtra/Pune 4, Tamil Nadu/Chennai 3, Telangana/Hyderabad 3
DK 20 1 .63 | da-DK 90, en-US 10 | Capital Region/Copenhagen 9, Central Jutland/Aarhus 4, North Denmark/Aalborg 2, South Denmark/Odense 2
PL 20 1 .14 | pl-PL 94, en-US 4, uk-UA 2 | Mazovia/Warsaw 8, Lesser Poland/Krakow 6, Lower Silesia/Wroclaw 4, Greater Poland/Poznan 3, Pomerania/Gdansk 3
BR 20 -3 .18 | pt-BR 96, en-US 4 | Sao Paulo/Sao Paulo 9, Rio de Janeiro/Rio de Janeiro 5, Parana/Curitiba 4, Minas Gerais/Belo Horizonte 3, Rio Grande do Sul/Porto Alegre 2
NZ 18 12 .52 | en-NZ 95, en-GB 5 | Auckland/Auckland 8, Canterbury/Christchurch 6, Wellington Region/Wellington 5, Otago/Queenstown 3, Otago/Dunedin 2
BE 17 1 .42 | nl-BE 56, fr-BE 36, en-US 8 | Brussels Capital/Brussels 8, Flanders/Antwerp 5, Flanders/Ghent 5, Wallonia/Liege 3
FI 16 2 .37 | fi-FI 86, sv-FI 6, en-US 8 | Uusimaa/Helsinki 9, Uusimaa/Espoo 4, Tampere/Tampere 4, Southwest Finland/Turku 2, North Ostrobothnia/Oulu 2
IE 15 0 .56 | en-IE 92, en-GB 8 | Leinster/Dublin 9, Munster/Cork 4, Connacht/Galway 3, Munster/Limerick 2
CZ 12 1 .27 | cs-CZ 93, sk-SK 4, en-US 3 | Prague/Prague 9, South Moravian/Brno 5, Moravskoslezsky/Ostrava 2
MX 12 -6 .23 | es-MX 94, en-US 6 | Mexico City/Mexico City 9, Jalisco/Guadalajara 4, Nuevo Leon/Monterrey 4, Puebla/Puebla City 2
PT 11 0 .29 | pt-PT 88, pt-BR 6, en-GB 6 | Lisbon/Lisbon 9, Porto/Porto 6, Braga/Braga 2
KR 10 9 .28 | ko-KR 96, en-US 4 | Seoul/Seoul 9, Gyeonggi-do/Seongnam-si 4, Busan/Busan 3, Incheon/Incheon 2
SG 9 8 .44 | en-SG 78, zh-SG 14, en-US 8 | /Singapore 1
ZA 8 2 .18 | en-ZA 84, en-US 10, af-ZA 6 | Western Cape/Cape Town 9, Gauteng/Johannesburg 5, Gauteng/Pretoria 2
CL 7 -4 .22 | es-CL 96, en-US 4 | Santiago Metropolitan/Santiago 9, Los Lagos/Puerto Montt 2, Magallanes/Punta Arenas 1
AR 6 -3 .13 | es-AR 96, en-US 4 | Buenos Aires F.D./Buenos Aires 9, Cordoba/Cordoba 3, Mendoza/Mendoza 2, Rio Negro/San Carlos de Bariloche 2
SI 5 1 .22 | sl-SI 92, en-US 8 | Ljubljana/Ljubljana 6, Maribor/Maribor 2
IS 4 0 .55 | is-IS 74, en-US 26 | Capital Region/Reykjavik 9, Northeast/Akureyri 2
CO 4 -5 .16 | es-CO 96, en-US 4 | Bogota D.C./Bogota 9, Antioquia/Medellin 5
TR 4 3 .22 | tr-TR 96, en-US 4 | Istanbul/Istanbul 9, Ankara/Ankara 3
RO 4 2 .21 | ro-RO 94, en-US 6 | Bucharest/Bucharest 6, Cluj County/Cluj-Napoca 4
HU 4 1 .26 | hu-HU 96, en-US 4 | Budapest/Budapest 9, Hajdu-Bihar/Debrecen 2
GR 4 2 .22 | el-GR 92, en-US 8 | Attica/Athens 9, Central Macedonia/Thessaloniki 4
ID 4 7 .1 | id-ID 94, en-US 6 | Jakarta/Jakarta 7, West Java/Bandung 4
PH 4 8 .15 | en-US 84, fil-PH 16 | National Capital Region/Makati City 5, National Capital Region/Manila 4
TH 3 7 .34 | th-TH 94, en-US 6 | Bangkok/Bangkok 9, Chiang Mai/Chiang Mai 3
TW 3 8 .55 | zh-TW 97, en-US 3 | Taiwan/Taipei 8, Taiwan/Taichung 3
UA 3 2 .2 | uk-UA 90, ru-UA 8, en-US 2 | Kyiv City/Kyiv 7, Lviv/Lviv 4
IL 3 2 .4 | he-IL 86, en-US 10, ru-RU 4 | Tel Aviv/Tel Aviv 7, Haifa/Haifa 3
AE 3 4 .32 | en-AE 66, ar-AE 34 | Dubai/Dubai 8, Abu Dhabi/Abu Dhabi 4
KE 2 3 .06 | en-KE 88, sw-KE 12 | Nairobi County/Nairobi 9, Mombasa County/Mombasa 2
NP 2 5.75 .12 | ne-NP 60, en-US 40 | Bagmati/Kathmandu 9, Gandaki/Pokhara 3
PE 2 -5 .14 | es-PE 96, en-US 4 | Lima/Lima 8, Cusco/Cusco 4
`;

export const countries: Weighted<Country> = table.trim().split('\n').map(readCountry);

function readCountry(line: string): readonly [number, Country] {
  const [facts = '', languages = '', cities = ''] = line.split(' | ');
  const [code = '', share, offset, iPhones] = facts.split(' ');
  const drawPlace = drawFrom(
    readWeighted(cities).map(([weight, name]) => {
      const [region, city = null] = name.split('/');
      return [weight, { country: code, region: region || null, city }] as const;
    }),
  );
  const drawLanguage = drawFrom(readWeighted(languages).map(([weight, tag]) => [weight, acceptLanguage(tag)] as const));
  return [Number(share), { offset: Number(offset), iPhones: Number(iPhones), drawLanguage, drawPlace }];
}

/** "Vestland/Bergen 5, Oslo/Oslo 9": names, each with its weight behind it. */
function readWeighted(list: string): Weighted<string> {
  return list.split(', ').map((entry) => {
    const space = entry.lastIndexOf(' ');
    return [Number(entry.slice(space + 1)), entry.slice(0, space)] as const;
  });
}

/** The header of a browser set to one language: "de-AT,de;q=0.9,en;q=0.8". */
function acceptLanguage(tag: string): string {
  const [language = tag] = tag.split('-');
  const general = language === tag ? '' : `,${language};q=0.9`;
  return tag + general + (language === 'en' ? '' : ',en;q=0.8');
}
