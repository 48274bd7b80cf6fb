const scene = {title: ['Aviator', '飞行员'], center: '450.,570.', scale: 164, is: {
 KEY: 'normalize(vec3(.5,.55,.75))', KEYC: 'vec3(1.4,1.2,.95)', RIM: 'normalize(vec3(-.85,.15,-.35))', RIMC: 'vec3(.5,.6,.8)',
 SKY: 'vec3(.24,.29,.36)', GROUND: 'vec3(.15,.12,.1)', TONE: 'vec3(.54,.32,.22)', LIPS: 'vec3(.46,.16,.14)', HAIR: 'vec3(.06,.035,.02)', IRIS: 'vec3(.10,.14,.16)', NECK: '0.'},
 glsl: `
vec2 things(vec3 p){
 vec2 r=vec2(1e3,0);vec3 q=vec3(abs(p.x),p.yz);
 float cap=sdEll(p-vec3(0,.25,-1.0),vec3(1.36,1.74,1.68));cap=smin(cap,sdEll(q-vec3(1.16,-.8,-.72),vec3(.26,.75,.5)),.25);
 cap=smax(cap,-smin(sdEll(p-vec3(0,-.3,.55),vec3(1.12,1.13,1.6)),sdEll(p-vec3(0,-1.2,.5),vec3(.98,1.2,1.2)),.3),.09);
 cap=max(cap,-(p.y+1.75));float seam=min(abs(q.x-.42),1.);cap-=.018*smoothstep(.05,.02,abs(q.x-.45-.05*p.y))*step(.6,p.y);
 r=near(r,vec2(cap*.9,10.));
 // ear pieces and chin strap
 float ear=sdEll(q-vec3(1.38,-.2,-.75),vec3(.14,.42,.4));r=near(r,vec2(ear,11.));
 float st=max(abs(sdEll(p-vec3(0,-.5,-.45),vec3(1.2,1.5,1.0)))-.03,max(abs(p.z+.42)-.14,p.y+1.2));r=near(r,vec2(st*.9,11.));
 // goggles on the forehead
 vec3 g=q-vec3(.55,1.26,.42);g.xz=rot(-.42)*g.xz;g.yz=rot(.30)*g.yz;
 float L=length(g.xy*vec2(.82,1.));
 r=near(r,vec2((max(abs(L-.40)-.07,abs(g.z)-.13)-.04)*.8,12.));
 r=near(r,vec2((max(abs(L-.44)-.10,abs(g.z+.12)-.14)-.04)*.8,13.));
 r=near(r,vec2(max(L-.4,abs(g.z-.02)-.05)*.8,14.));
 r=near(r,vec2(cone(p,vec3(-.12,1.26,.64),vec3(.12,1.26,.64),.07,.07),12.));
 float gs=max(abs(sdEll(p-vec3(0,.25,-1.0),vec3(1.42,1.8,1.74)))-.04,abs(p.y-1.18+.05*p.z)-.15);gs=max(gs,-(q.x-.95));r=near(r,vec2(gs,13.));
 // scarf and jacket
 vec3 s=p-vec3(0,-2.34,-.72);s.yz=rot(.25)*s.yz;float sc=length(vec2(length(s.xz*vec2(1.,.95))-1.02,s.y*.9))-.42;float tw=atan(s.x,s.z);sc+=.055*sin(tw*3.+s.y*13.+2.*fbm(p*1.5));
 sc=smin(sc,sdEll(p-vec3(.1,-2.98,.38),vec3(.55,.62,.34))+.05*sin(p.x*17.+p.y*3.),.2);
 r=near(r,vec2(sc*.75,15.));
 float b=bust(p*vec3(.9,1,.88)+vec3(0,.3,.1));b+=.05*fbm(p*2.2);b=smax(b,-(q.x-.1+.26*(p.y+4.6)*-1.+.0)*1.-.3,.05);r=near(r,vec2(b*.8,16.));
 float col=cone(q,vec3(.62,-3.7,.62),vec3(1.65,-2.35,-.5),.42,.5);col+=.10*fbm(p*6.)-.03;r=near(r,vec2(col*.75,17.));
 return r;}
void surface(float id,vec3 p,inout vec3 n,inout Mat m){
 float f=fbm(p*4.),g=fbm(p*26.);
 if(id==10.||id==11.){m.col=mix(vec3(.20,.085,.035),vec3(.11,.045,.02),f)*(.8+.35*g);m.rough=.40+.2*f;n=bump(n,p,26.,.035);n=bump(n,p,4.,.03);
  float x=abs(abs(p.x)-.45-.05*p.y);if(p.y>.6&&abs(x-.06)<.012)m.col=mix(m.col,vec3(.5,.35,.18),step(.4,fract(p.y*9.+p.z*5.)));}
 else if(id==12.){m.col=vec3(.55,.36,.15)*(.8+.3*f);m.metal=1.;m.rough=.3;n=bump(n,p,5.,.03);}
 else if(id==13.){m.col=vec3(.05,.03,.02);m.rough=.55;n=bump(n,p,26.,.03);}
 else if(id==14.){vec2 g=vec2(abs(p.x)-.55,p.y-1.26);m.col=mix(vec3(.02,.05,.07),vec3(.25,.33,.36),smoothstep(.1,.14,g.y*.8+p.x*.35)*smoothstep(.34,.3,g.y*.8+p.x*.35))+.12*smoothstep(-.1,-.4,g.y)*vec3(1.,.7,.4);m.rough=.08;}
 else if(id==15.){m.col=vec3(.74,.71,.65);m.rough=.6;m.sheen=.15;n=bump(n,p*vec3(1.,2.5,1.),3.,.05);}
 else if(id==16.){m.col=mix(vec3(.16,.07,.03),vec3(.09,.038,.016),f)*(.8+.35*g);m.rough=.38+.2*f;n=bump(n,p,22.,.03);n=bump(n,p,3.,.06);}
 else {m.col=vec3(.46,.36,.25)*(.45+.9*fbm(p*16.));m.rough=1.;m.sheen=.3;n=bump(n,p,14.,.08);}}
vec3 backdrop(vec2 u){
 vec3 c=mix(vec3(.75,.52,.32),vec3(.10,.28,.52),smoothstep(-3.2,2.4,u.y));
 vec2 w=u*vec2(.42,.85);float d=fbm(vec3(w+vec2(.0,.3*fbm(vec3(w*2.,1.))),2.)),d2=fbm(vec3(w+vec2(.10,.14),2.)*1.);
 float cl=smoothstep(.40,.72,d+.14*smoothstep(1.,-3.,u.y));vec3 cc=mix(vec3(.42,.40,.46),vec3(1.,.86,.68),clamp(.55+(d-d2)*5.5,0.,1.));
 c=mix(c,cc,cl);c+=vec3(1.,.7,.4)*.22*exp(-length(u-vec2(2.7,2.6))*.9);return c*.9;}
vec3 front(vec2 u,vec3 c){return c;}
`, post(ctx, mask, rnd) {
  const [cx, cy] = [450, 570], k = 164;
  if (mask) return;
  for (const s of [-1, 1]) for (let i = 0; i < 5200; i++) { // the fleece of the collar
    const t = rnd() * 1.12 - .06, w = (rnd() + rnd() - 1) * .62 * Math.sqrt(Math.max(.2, 1 - (2 * t - 1) ** 4)), X = .62 + 1.06 * t, Y = 3.72 - 1.38 * t, nx = .59, ny = .46;
    const x = cx + s * k * (X + nx * w * 1.15), y = cy + k * (Y + ny * w * 1.15);
    const l = 7 + 17 * rnd(), a = rnd() * 7, lit = (.32 + .5 * rnd()) * (s > 0 ? 1.12 : .8) * (1.05 - .5 * Math.abs(w + .12));
    ctx.strokeStyle = `rgba(${Math.round(228 * lit)},${Math.round(196 * lit)},${Math.round(150 * lit)},.5)`; ctx.lineWidth = 1 + rnd();
    ctx.beginPath(); ctx.moveTo(x, y); ctx.quadraticCurveTo(x + l * Math.cos(a), y + l * Math.sin(a), x + l * Math.cos(a + 1.6), y + l * Math.sin(a + 1.6)); ctx.stroke();
  }
  ctx.save(); ctx.translate(128, 215); ctx.rotate(-.13); ctx.globalAlpha = .85; // a biplane far away
  ctx.fillStyle = '#7c2a1e'; ctx.beginPath(); ctx.moveTo(-58, 2); ctx.quadraticCurveTo(-20, -11, 40, -9); ctx.quadraticCurveTo(58, -8, 60, 0); ctx.quadraticCurveTo(58, 9, 36, 10); ctx.quadraticCurveTo(-10, 12, -58, 5); ctx.fill();
  ctx.beginPath(); ctx.moveTo(-58, 4); ctx.lineTo(-70, -20); ctx.quadraticCurveTo(-58, -24, -46, 0); ctx.fill();
  ctx.fillStyle = '#e5d3ab'; for (const y of [-27, 15]) { ctx.beginPath(); ctx.ellipse(14, y, 40, 4.5, .02, 0, 7); ctx.fill(); }
  ctx.strokeStyle = '#5a3a22'; ctx.lineWidth = 2; for (const x of [-16, 2, 28, 44]) { ctx.beginPath(); ctx.moveTo(x, -27); ctx.lineTo(x - 3, 15); ctx.stroke(); }
  ctx.fillStyle = '#33261c'; ctx.beginPath(); ctx.arc(22, 27, 7, 0, 7); ctx.fill(); ctx.fillStyle = 'rgba(60,50,40,.35)'; ctx.beginPath(); ctx.ellipse(63, 0, 3, 24, 0, 0, 7); ctx.fill();
  ctx.restore();
}};
