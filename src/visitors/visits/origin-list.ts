/** The channels that a host or the name of a source can stand for. */
export type OriginChannel = 'search' | 'social' | 'email' | 'ai' | 'paid' | 'referral' | 'message' | 'qr';

/**
 * Hosts and ids of apps that the data of the package does not know, or puts where we would not. Subdomains follow their
 * parent. Read on 2026-11-29 beside Matomo's searchengine-and-social-list (public domain), Snowplow's referers.yml and the
 * app stores; `npm run lists -- <file>` says what a newer copy of those has that we do not.
 */
export const originsByChannel: readonly (readonly [OriginChannel, readonly string[]])[] = [
  [
    'ai',
    words(`
    chatgpt.com chat.openai.com labs.openai.com sora.com
    perplexity.ai claude.ai
    gemini.google.com bard.google.com notebooklm.google.com aistudio.google.com
    copilot.microsoft.com copilot.com copilot.cloud.microsoft m365.cloud.microsoft
    chat.deepseek.com chat.mistral.ai grok.com meta.ai poe.com you.com phind.com duck.ai pi.ai character.ai iask.ai
    manus.im lumo.proton.me openrouter.ai giga.chat alice.yandex.ru app.jasper.ai app.writesonic.com
     chat.lmsys.org lmarena.ai felo.ai genspark.ai andisearch.com komo.ai      kimi.com kimi.ai kimi.moonshot.cn chat.qwen.ai qwen.ai tongyi.com tongyi.aliyun.com qianwen.com doubao.com
    yiyan.baidu.com ai.baidu.com chat.baidu.com chatglm.cn chat.z.ai z.ai yuanbao.tencent.com hailuoai.com minimax.io
    metaso.cn chat-gpt.org chatplus.com liner.com monica.im merlin.foyer.work t3.chat venice.ai
    ai.perplexity.app.android com.openai.chatgpt com.anthropic.claude com.google.android.apps.bard com.microsoft.copilot
    ai.x.grok ai.mistral.chat com.larus.nova com.deepseek.chat com.moonshot.kimichat ai.character.app com.poe.android
  `),
  ],
  [
    'search',
    words(`
    kagi.com search.brave.com startpage.com ecosia.org qwant.com search.marginalia.nu mojeek.com sogou.com
    html.duckduckgo.com lite.duckduckgo.com lens.google.com ntp.msn.com global.bing.com
    ya.ru yandex.kz yandex.by yandex.uz yandex.az yandex.com.tr yandex.com.ge yandex.eu yandex.fr yandex.lt yandex.lv yandex.md
    seznam.cz search.seznam.cz coccoc.com metager.org metager.de yep.com presearch.com presearch.org search.lilo.org lilo.org
    search.rakuten.co.jp websearch.rakuten.co.jp swisscows.com gibiru.com oceanhero.today ekoru.org karmasearch.org
    search.naver.com search.daum.net so.com m.so.com sm.cn quark.sm.cn zapmeta.com search.aol.com stract.com leta.mullvad.net
    searx.be priv.au 4get.ca search.ch petalsearch.com youcare.world gprivate.com neeva.com search.privacywall.org
    com.duckduckgo.mobile.android com.microsoft.bing com.baidu.searchbox com.nhn.android.search ru.yandex.searchplugin
    com.google.android.googlequicksearchbox org.ecosia.android com.qwant.liberty com.brave.search
  `),
  ],
  [
    'social',
    words(`
    youtube.com youtu.be com.google.android.youtube tiktok.com com.zhiliaoapp.musically com.ss.android.ugc.trill
    threads.net threads.com com.instagram.android com.instagram.barcelona com.instagram.lite
    com.facebook.katana com.facebook.lite com.facebook.orca com.facebook.mlite messenger.com workplace.com l.workplace.com
    telegram.org telegram.me t.me org.telegram.messenger org.telegram.messenger.web org.telegram.plus org.thunderdog.challegram
    discord.com discordapp.com discord.gg com.discord whatsapp.com com.whatsapp com.whatsapp.w4b wa.me
    slack.com com.slack teams.microsoft.com teams.live.com teams.cloud.microsoft com.microsoft.teams chat.google.com
    snapchat.com com.snapchat.android line.me jp.naver.line.android com.kakao.talk com.kakao.story com.tencent.mm
    com.viber.voip com.zing.zalo zalo.me com.vkontakte.android signal.me org.thoughtcrime.securesms skype.com com.skype.raider
    pin.it com.pinterest pinterest.at pinterest.ca pinterest.ch pinterest.cl pinterest.co.kr pinterest.co.uk pinterest.com.au
    pinterest.com.mx pinterest.com.pe pinterest.com.py pinterest.com.uy pinterest.com.vn pinterest.de pinterest.dk pinterest.ec
    pinterest.es pinterest.fr pinterest.hu pinterest.id pinterest.ie pinterest.in pinterest.it pinterest.jp pinterest.nz
    pinterest.ph pinterest.pt pinterest.ru pinterest.se pinterest.th pinterest.tw
    bsky.social xyz.blueskyweb.app bsky.app redd.it com.reddit.frontpage twitch.tv tv.twitch.android.app
    weixin.qq.com mp.weixin.qq.com qun.qq.com com.tencent.mobileqq com.qzone weibo.cn com.sina.weibo douyin.com iesdouyin.com
    com.ss.android.ugc.aweme bilibili.com b23.tv tv.danmaku.bili xiaohongshu.com xhslink.com com.xingin.xhs zhihu.com
    com.zhihu.android kuaishou.com com.smile.gifmaker tieba.baidu.com
    nextdoor.com nextdoor.co.uk nextdoor.com.au nextdoor.de nextdoor.es nextdoor.fr nextdoor.it nextdoor.nl com.nextdoor
    truthsocial.com com.truthsocial.android.app gab.com parler.com gettr.com mewe.com minds.com rumble.com
    livejournal.com band.us com.nhn.android.band digg.com com.tumblr com.quora.android ru.ok.android ok.ru rutube.ru
    clubhouse.com bereal.com lemon8-app.com locals.com kick.com dailymotion.com odysee.com slideshare.net
    goodreads.com letterboxd.com strava.com meetup.com xing.com viadeo.com wechat.com kaixin001.com ameba.jp note.com
    lobste.rs lemmy.world lemmy.ml lemm.ee sh.itjust.works beehaw.org feddit.de feddit.org feddit.uk programming.dev sopuli.xyz
    aussie.zone slrpnk.net discuss.tchncs.de kbin.social
    mstdn.jp mstdn.ca mstdn.party fosstodon.org hachyderm.io mas.to infosec.exchange troet.cafe pawoo.net mamot.fr piaille.fr
    mathstodon.xyz ioc.exchange fediscience.org universeodon.com toot.community tech.lgbt tooting.ch toot.io c.im masto.ai
    masto.nu masto.es misskey.io metalhead.club journa.host wandering.shop dice.camp ravenation.club tooot.im meow.social
    muenchen.social octodon.social phanpy.social elk.zone mastodon.green mastodon.nl mastodon.nu mastodonapp.uk
    mastodontti.fi mastodon-belgium.be sigmoid.social oc.todon.fr todon.nl todon.eu framapiaf.org diaspod.de pluspora.com
    joindiaspora.com peertube.tv
  `),
  ],
  [
    'email',
    words(`
    outlook.office.com outlook.office365.com outlook.cloud.microsoft mail.proton.me app.fastmail.com fastmail.com app.hey.com
    mail.yahoo.com deref-gmx.net deref-gmx.com deref-web.de deref-mail.com deref-1und1.de navigator.gmx.net navigator.gmx.com
    navigator.gmx.at navigator.gmx.ch navigator.web.de 3c.gmx.net 3c.web.de 3c-bap.gmx.net 3c-bap.web.de mail.com lightmailer.gmx.net
    mail.zoho.com mail.zoho.eu mail.zoho.in mail.zohocloud.ca app.tuta.com mail.tutanota.com tutanota.com mail.superhuman.com
    posteo.de mailbox.org runbox.com hushmail.com mailfence.com startmail.com countermail.com lavabit.com      e.mail.ru octavius.mail.ru mail.rediff.com f5mail.rediff.com email.t-online.de email.ionos.de email.ionos.com
    email.1und1.de  messagerie.sfr.fr zimbra.free.fr laposte.net webmail.laposte.net poczta.onet.pl poczta.wp.pl
    poczta.o2.pl poczta.interia.pl mail.libero.it mail.virgilio.it mail.tiscali.it mail.bol.uol.com.br mail.uol.com.br
     mail.163.com mail.126.com mail.sina.com.cn mail.qq.com exmail.qq.com mail.aliyun.com mail.naver.com
    mail.daum.net mail.kakao.com spike.chat app.frontapp.com app.missiveapp.com app.shortwave.com
    com.google.android.gm com.google.android.gm.lite com.google.android.apps.inbox com.microsoft.office.outlook
    com.yahoo.mobile.client.android.mail com.samsung.android.email.provider com.android.email com.htc.android.mail com.lge.email
    com.motorola.email com.huawei.email com.asus.email com.oneplus.email com.vivo.email com.fsck.k9 net.thunderbird.android
    net.thunderbird.android.beta org.kman.aquamail eu.faircode.email me.bluemail.mail com.trtf.blue com.easilydo.mail
    com.cloudmagic.mail com.readdle.spark ru.mail.mailapp ru.yandex.mail com.my.mail de.gmx.mobile.android.mail
    de.web.mobile.android.mail com.mail.mobile.android.mail de.eplus.mappecc.client.android.mail de.telekom.mail de.freenet.mail
    de.einsundeins.mobile.android.mail ch.protonmail.android de.tutao.tutanota com.zoho.mail com.fastmail.app com.basecamp.hey
    com.superhuman.mail com.tencent.androidqqmail com.netease.mail com.netease.mobimail com.nhn.android.mail net.daum.android.mail
    cz.seznam.email pl.onet.mail pl.wp.mobile.mail it.libero.mail com.orange.mail.fr com.aol.mobile.aolapp com.boxer.email
    com.edisonmail.mail com.syntomo.email com.typeapp.mail com.rediff.rmail com.maildroid
  `),
  ],
  [
    'message',
    words(`
    messages.google.com com.google.android.apps.messaging com.samsung.android.messaging com.android.mms com.textra
    com.handcent.app.nextsms com.xiaomi.mms.plugin com.oneplus.mms com.p1.chompsms com.verizon.messaging.vzmsgs
  `),
  ],
  [
    'paid',
    words(`
    doubleclick.net googleadservices.com googlesyndication.com adservice.google.com taboola.com outbrain.com criteo.com
    amazon-adsystem.com
  `),
  ],
  ['referral', words(`amazon.com login.live.com url.google.com sites.google.com`)],
];

/** Values of utm_source and utm_medium for sources whose host says something else. Folded, without spaces. */
export const nicknames: ReadonlyMap<string, OriginChannel> = new Map(
  (
    [
      [
        'social',
        `fb ig li insta meta facebook instagram messenger igstories instagramstories yt x tw twitter linkedin pinterest reddit tumblr discord
         slack telegram tg threads tiktok whatsapp wa bluesky bsky snapchat snap wechat weixin line kakao kakaotalk viber zalo
         signal vk mastodon twitch nextdoor quora weibo douyin xiaohongshu rednote bilibili zhihu teams microsoftteams
         truthsocial linktree linktr.ee lnkbio beacons buffer hootsuite sproutsocial later planoly metricool bereal clubhouse`,
      ],
      [
        'email',
        `newsletter newsletters email e-mail mail mailchimp klaviyo brevo sendinblue sendgrid gmail outlook substack beehiiv
         hubspot hubspotemail hs_email hs_automation convertkit kit activecampaign braze mailerlite mailjet mailgun
         campaignmonitor constantcontact getresponse drip customer.io customerio iterable marketo pardot
         salesforcemarketingcloud sfmc emarsys cleverreach rapidmail sendy buttondown ghost moosend omnisend aweber
         benchmarkemail mautic listmonk eloqua responsys flodesk`,
      ],
      [
        'ai',
        `copilot openai chatgpt claude anthropic gemini bard perplexity grok deepseek mistral lechat metaai qwen kimi doubao poe
         notebooklm`,
      ],
      ['search', `google bing kagi yahoo yandex duckduckgo ddg baidu ecosia brave qwant startpage naver sogou`],
      ['message', `sms mms text rcs push webpush onesignal firebase fcm twilio pushwoosh airship`],
      [
        'paid',
        `googleads google_ads adwords bingads microsoftads metaads facebookads fbads linkedinads tiktokads taboola outbrain criteo`,
      ],
      ['qr', `qr qrcode qr_code`],
    ] as const
  ).flatMap(([channel, names]) => words(names).map((name) => [name, channel] as const)),
);

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
