//! Short names of time zones on the time axis: data only, as the locale data of JDK 25 has them.

/// A short name and the zones that carry it, separated by blanks.
#[rustfmt::skip]
pub(super) const SHORT_NAMES: &[(&str, &str)] = &[
    ("+02:00", "+02:00"),
    ("ACT", "\
     Australia/Adelaide Australia/Broken_Hill Australia/Darwin Australia/North Australia/South \
     Australia/Yancowinna"),
    ("AET", "\
     Antarctica/Macquarie Australia/ACT Australia/Brisbane Australia/Canberra Australia/Currie \
     Australia/Hobart Australia/Lindeman Australia/Melbourne Australia/NSW Australia/Queensland \
     Australia/Sydney Australia/Tasmania Australia/Victoria"),
    ("AKT", "\
     America/Anchorage America/Juneau America/Metlakatla America/Nome America/Sitka \
     America/Yakutat SystemV/YST9YDT US/Alaska"),
    ("AT", "\
     America/Anguilla America/Antigua America/Aruba America/Barbados America/Blanc-Sablon \
     America/Curacao America/Dominica America/Glace_Bay America/Goose_Bay America/Grenada \
     America/Guadeloupe America/Halifax America/Kralendijk America/Lower_Princes America/Marigot \
     America/Martinique America/Moncton America/Montserrat America/Port_of_Spain \
     America/Puerto_Rico America/Santo_Domingo America/St_Barthelemy America/St_Kitts \
     America/St_Lucia America/St_Thomas America/St_Vincent America/Thule America/Tortola \
     America/Virgin Atlantic/Bermuda Canada/Atlantic SystemV/AST4 SystemV/AST4ADT"),
    ("AWT", "Antarctica/Casey Australia/Perth Australia/West"),
    ("CAT", "\
     Africa/Blantyre Africa/Bujumbura Africa/Gaborone Africa/Harare Africa/Juba Africa/Khartoum \
     Africa/Kigali Africa/Lubumbashi Africa/Lusaka Africa/Maputo Africa/Windhoek"),
    ("CET", "\
     Africa/Algiers Africa/Ceuta Africa/Tunis Arctic/Longyearbyen Atlantic/Jan_Mayen CET \
     Europe/Amsterdam Europe/Andorra Europe/Belgrade Europe/Berlin Europe/Bratislava \
     Europe/Brussels Europe/Budapest Europe/Busingen Europe/Copenhagen Europe/Gibraltar \
     Europe/Ljubljana Europe/Luxembourg Europe/Madrid Europe/Malta Europe/Monaco Europe/Oslo \
     Europe/Paris Europe/Podgorica Europe/Prague Europe/Rome Europe/San_Marino Europe/Sarajevo \
     Europe/Skopje Europe/Stockholm Europe/Tirane Europe/Vaduz Europe/Vatican Europe/Vienna \
     Europe/Warsaw Europe/Zagreb Europe/Zurich MET Poland"),
    ("CT", "\
     America/Bahia_Banderas America/Belize America/Chicago America/Chihuahua America/Costa_Rica \
     America/El_Salvador America/Guatemala America/Havana America/Indiana/Knox \
     America/Indiana/Tell_City America/Knox_IN America/Managua America/Matamoros \
     America/Menominee America/Merida America/Mexico_City America/Monterrey \
     America/North_Dakota/Beulah America/North_Dakota/Center America/North_Dakota/New_Salem \
     America/Ojinaga America/Rainy_River America/Rankin_Inlet America/Regina America/Resolute \
     America/Swift_Current America/Tegucigalpa America/Winnipeg Asia/Chongqing Asia/Chungking \
     Asia/Harbin Asia/Macao Asia/Macau Asia/Shanghai Asia/Taipei CST6CDT Canada/Central \
     Canada/Saskatchewan Cuba Mexico/General PRC SystemV/CST6 SystemV/CST6CDT US/Central \
     US/Indiana-Starke"),
    ("ChST", "Pacific/Guam Pacific/Saipan"),
    ("EAT", "\
     Africa/Addis_Ababa Africa/Asmara Africa/Asmera Africa/Dar_es_Salaam Africa/Djibouti \
     Africa/Kampala Africa/Mogadishu Africa/Nairobi Indian/Antananarivo Indian/Comoro \
     Indian/Mayotte"),
    ("EET", "\
     Africa/Cairo Africa/Tripoli Asia/Beirut Asia/Famagusta Asia/Gaza Asia/Hebron Asia/Nicosia \
     EET Egypt Europe/Athens Europe/Bucharest Europe/Chisinau Europe/Helsinki Europe/Kaliningrad \
     Europe/Kiev Europe/Kyiv Europe/Mariehamn Europe/Nicosia Europe/Riga Europe/Sofia \
     Europe/Tallinn Europe/Tiraspol Europe/Uzhgorod Europe/Vilnius Europe/Zaporozhye Libya"),
    ("ET", "\
     America/Atikokan America/Cancun America/Cayman America/Coral_Harbour America/Detroit \
     America/Fort_Wayne America/Grand_Turk America/Indiana/Indianapolis America/Indiana/Marengo \
     America/Indiana/Petersburg America/Indiana/Vevay America/Indiana/Vincennes \
     America/Indiana/Winamac America/Indianapolis America/Iqaluit America/Jamaica \
     America/Kentucky/Louisville America/Kentucky/Monticello America/Louisville America/Montreal \
     America/Nassau America/New_York America/Nipigon America/Panama America/Pangnirtung \
     America/Port-au-Prince America/Thunder_Bay America/Toronto Canada/Eastern EST5EDT Jamaica \
     SystemV/EST5 SystemV/EST5EDT US/East-Indiana US/Eastern US/Michigan"),
    ("GMT", "\
     Africa/Abidjan Africa/Accra Africa/Bamako Africa/Banjul Africa/Bissau Africa/Casablanca \
     Africa/Conakry Africa/Dakar Africa/El_Aaiun Africa/Freetown Africa/Lome Africa/Monrovia \
     Africa/Nouakchott Africa/Ouagadougou Africa/Sao_Tome Africa/Timbuktu America/Danmarkshavn \
     Antarctica/Troll Atlantic/Reykjavik Atlantic/St_Helena Eire Etc/GMT Etc/GMT+0 Etc/GMT-0 \
     Etc/GMT0 Etc/Greenwich Europe/Belfast Europe/Dublin Europe/Guernsey Europe/Isle_of_Man \
     Europe/Jersey Europe/London GB GB-Eire GMT GMT0 Greenwich Iceland"),
    ("GMT+01:00", "Etc/GMT-1"),
    ("GMT+02:00", "Etc/GMT-2"),
    ("GMT+03:00", "\
     Antarctica/Syowa Asia/Aden Asia/Amman Asia/Baghdad Asia/Bahrain Asia/Damascus Asia/Istanbul \
     Asia/Kuwait Asia/Qatar Asia/Riyadh Etc/GMT-3 Europe/Istanbul Turkey"),
    ("GMT+03:30", "Asia/Tehran Iran"),
    ("GMT+04:00", "\
     Asia/Baku Asia/Dubai Asia/Muscat Asia/Tbilisi Asia/Yerevan Etc/GMT-4 Europe/Astrakhan \
     Europe/Samara Europe/Saratov Europe/Ulyanovsk Indian/Mahe Indian/Mauritius Indian/Reunion"),
    ("GMT+04:30", "Asia/Kabul"),
    ("GMT+05:00", "\
     Antarctica/Mawson Antarctica/Vostok Asia/Almaty Asia/Aqtau Asia/Aqtobe Asia/Ashgabat \
     Asia/Ashkhabad Asia/Atyrau Asia/Dushanbe Asia/Oral Asia/Qostanay Asia/Qyzylorda \
     Asia/Samarkand Asia/Tashkent Asia/Yekaterinburg Etc/GMT-5 Indian/Kerguelen Indian/Maldives"),
    ("GMT+05:45", "Asia/Kathmandu Asia/Katmandu"),
    ("GMT+06:00", "\
     Asia/Bishkek Asia/Dacca Asia/Dhaka Asia/Kashgar Asia/Omsk Asia/Thimbu Asia/Thimphu \
     Asia/Urumqi Etc/GMT-6 Indian/Chagos"),
    ("GMT+06:30", "Asia/Rangoon Asia/Yangon Indian/Cocos"),
    ("GMT+07:00", "\
     Antarctica/Davis Asia/Bangkok Asia/Barnaul Asia/Ho_Chi_Minh Asia/Hovd Asia/Krasnoyarsk \
     Asia/Novokuznetsk Asia/Novosibirsk Asia/Phnom_Penh Asia/Saigon Asia/Tomsk Asia/Vientiane \
     Etc/GMT-7 Indian/Christmas"),
    ("GMT+08:00", "\
     Asia/Brunei Asia/Choibalsan Asia/Irkutsk Asia/Kuala_Lumpur Asia/Kuching Asia/Singapore \
     Asia/Ulaanbaatar Asia/Ulan_Bator Etc/GMT-8 Singapore"),
    ("GMT+08:45", "Australia/Eucla"),
    ("GMT+09:00", "Asia/Chita Asia/Dili Asia/Khandyga Asia/Yakutsk Etc/GMT-9 Pacific/Palau"),
    ("GMT+10:00", "\
     Antarctica/DumontDUrville Asia/Ust-Nera Asia/Vladivostok Etc/GMT-10 Pacific/Chuuk \
     Pacific/Port_Moresby Pacific/Truk Pacific/Yap"),
    ("GMT+10:30", "Australia/LHI Australia/Lord_Howe"),
    ("GMT+11:00", "\
     Asia/Magadan Asia/Sakhalin Asia/Srednekolymsk Etc/GMT-11 Pacific/Bougainville Pacific/Efate \
     Pacific/Guadalcanal Pacific/Kosrae Pacific/Norfolk Pacific/Noumea Pacific/Pohnpei \
     Pacific/Ponape"),
    ("GMT+12:00", "\
     Asia/Anadyr Asia/Kamchatka Etc/GMT-12 Kwajalein Pacific/Fiji Pacific/Funafuti \
     Pacific/Kwajalein Pacific/Majuro Pacific/Nauru Pacific/Tarawa Pacific/Wake Pacific/Wallis"),
    ("GMT+12:45", "NZ-CHAT Pacific/Chatham"),
    ("GMT+13:00", "\
     Etc/GMT-13 Pacific/Apia Pacific/Enderbury Pacific/Fakaofo Pacific/Kanton Pacific/Tongatapu"),
    ("GMT+14:00", "Etc/GMT-14 Pacific/Kiritimati"),
    ("GMT-01:00", "Atlantic/Azores Atlantic/Cape_Verde Etc/GMT+1"),
    ("GMT-02:00", "\
     America/Godthab America/Noronha America/Nuuk America/Scoresbysund Atlantic/South_Georgia \
     Brazil/DeNoronha Etc/GMT+2"),
    ("GMT-03:00", "\
     America/Araguaina America/Argentina/Buenos_Aires America/Argentina/Catamarca \
     America/Argentina/ComodRivadavia America/Argentina/Cordoba America/Argentina/Jujuy \
     America/Argentina/La_Rioja America/Argentina/Mendoza America/Argentina/Rio_Gallegos \
     America/Argentina/Salta America/Argentina/San_Juan America/Argentina/San_Luis \
     America/Argentina/Tucuman America/Argentina/Ushuaia America/Asuncion America/Bahia \
     America/Belem America/Buenos_Aires America/Catamarca America/Cayenne America/Cordoba \
     America/Coyhaique America/Fortaleza America/Jujuy America/Maceio America/Mendoza \
     America/Miquelon America/Montevideo America/Paramaribo America/Punta_Arenas America/Recife \
     America/Rosario America/Santarem America/Sao_Paulo Antarctica/Palmer Antarctica/Rothera \
     Atlantic/Stanley Brazil/East Etc/GMT+3"),
    ("GMT-04:00", "\
     America/Boa_Vista America/Campo_Grande America/Caracas America/Cuiaba America/Guyana \
     America/La_Paz America/Manaus America/Porto_Velho America/Santiago Brazil/West \
     Chile/Continental Etc/GMT+4"),
    ("GMT-05:00", "\
     America/Bogota America/Eirunepe America/Guayaquil America/Lima America/Porto_Acre \
     America/Rio_Branco Brazil/Acre Etc/GMT+5"),
    ("GMT-06:00", "Chile/EasterIsland Etc/GMT+6 Pacific/Easter Pacific/Galapagos"),
    ("GMT-07:00", "Etc/GMT+7"),
    ("GMT-08:00", "Etc/GMT+8 Pacific/Pitcairn SystemV/PST8"),
    ("GMT-09:00", "Etc/GMT+9 Pacific/Gambier SystemV/YST9"),
    ("GMT-09:30", "Pacific/Marquesas"),
    ("GMT-10:00", "Etc/GMT+10 Pacific/Rarotonga Pacific/Tahiti"),
    ("GMT-11:00", "Etc/GMT+11 Pacific/Niue"),
    ("GMT-12:00", "Etc/GMT+12"),
    ("HAT", "America/Adak America/Atka US/Aleutian"),
    ("HKT", "Asia/Hong_Kong Hongkong"),
    ("HST", "Pacific/Honolulu Pacific/Johnston SystemV/HST10 US/Hawaii"),
    ("IST", "Asia/Calcutta Asia/Colombo Asia/Kolkata"),
    ("IT", "Asia/Jerusalem Asia/Tel_Aviv Israel"),
    ("JT", "Asia/Tokyo Japan"),
    ("KST", "Asia/Pyongyang Asia/Seoul ROK"),
    ("MSK", "\
     Europe/Kirov Europe/Minsk Europe/Moscow Europe/Simferopol Europe/Volgograd W-SU"),
    ("MST", "America/Dawson America/Whitehorse Canada/Yukon"),
    ("MT", "\
     America/Boise America/Cambridge_Bay America/Ciudad_Juarez America/Creston \
     America/Dawson_Creek America/Denver America/Edmonton America/Fort_Nelson America/Hermosillo \
     America/Inuvik America/Mazatlan America/Phoenix America/Shiprock America/Yellowknife \
     Canada/Mountain MST7MDT Mexico/BajaSur Navajo SystemV/MST7 SystemV/MST7MDT US/Arizona \
     US/Mountain"),
    ("NT", "America/St_Johns Canada/Newfoundland"),
    ("NZT", "Antarctica/McMurdo Antarctica/South_Pole NZ Pacific/Auckland"),
    ("PKT", "Asia/Karachi"),
    ("PT", "\
     America/Ensenada America/Los_Angeles America/Santa_Isabel America/Tijuana America/Vancouver \
     Asia/Manila Canada/Pacific Mexico/BajaNorte PST8PDT SystemV/PST8PDT US/Pacific"),
    ("SAST", "Africa/Johannesburg Africa/Maseru Africa/Mbabane"),
    ("SST", "Pacific/Midway Pacific/Pago_Pago Pacific/Samoa US/Samoa"),
    ("UTC", "Etc/UCT Etc/UTC Etc/Universal Etc/Zulu UCT UTC Universal Zulu"),
    ("WAT", "\
     Africa/Bangui Africa/Brazzaville Africa/Douala Africa/Kinshasa Africa/Lagos \
     Africa/Libreville Africa/Luanda Africa/Malabo Africa/Ndjamena Africa/Niamey Africa/Porto- \
     Novo"),
    ("WET", "\
     Atlantic/Canary Atlantic/Faeroe Atlantic/Faroe Atlantic/Madeira Europe/Lisbon Portugal WET"),
    ("WIB", "Asia/Jakarta Asia/Pontianak"),
    ("WIT", "Asia/Jayapura"),
    ("WITA", "Asia/Makassar Asia/Ujung_Pandang"),
    ("Z", "Z"),
];
