/**
 * A script for the pages that links lead to. It keeps nothing. It reads the click's id from the address of the page, and a
 * page that people come to later hands the id on itself.
 */
export const conversionScript = `(function(d,l){var s=d.currentScript,a=s.dataset,q=new URLSearchParams(l.search),
w=window.waymark=function(goal,o){o=o||{};var c=o.clickId||w.clickId;return c?fetch(new URL('convert',s.src),
{method:'POST',keepalive:true,credentials:'omit',referrerPolicy:'no-referrer',body:JSON.stringify({clickId:c,goal:goal,
externalId:o.externalId,value:o.value,currency:o.currency})}).then(function(r){return r.json()},function(){return{accepted:false}})
:Promise.resolve({accepted:false,reason:'no_click_id'})};
w.clickId=a.clickId||q.get(a.parameter||'wm_cid')||'';
if(a.goal)w(a.goal,{externalId:a.externalId,value:a.value?+a.value:void 0,currency:a.currency})})(document,location);
`;

/** A picture of one transparent pixel. */
export const pixelGif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');
