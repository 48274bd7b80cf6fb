const scene = {title: ['Polar explorer', '极地探险家'], center: '450.,570.', scale: 164, is: {
 KEY: 'normalize(vec3(-.45,.35,.85))', KEYC: 'vec3(1.15,.98,.82)', RIM: 'normalize(vec3(.8,.35,-.3))', RIMC: 'vec3(.25,.75,.65)',
 SKY: 'vec3(.21,.26,.32)', GROUND: 'vec3(.17,.18,.21)', TONE: 'vec3(.56,.33,.23)', LIPS: 'vec3(.46,.17,.15)', HAIR: 'vec3(.05,.03,.02)', IRIS: 'vec3(.10,.12,.10)', NECK: '0.', BLUSH: '.9', EXPOSE: '1.'},
 glsl: `
vec2 things(vec3 p){
 vec2 r=vec2(1e3,0);vec3 q=vec3(abs(p.x),p.yz);
 // knitted cap
 float cap=sdEll(p-vec3(0,.42,-1.),vec3(1.27,1.5,1.6));cap=max(cap,-(p.y-.68+.18*p.z+.12*p.x*p.x));cap-=.03*sin(atan(p.x,p.z+1.)*60.)*smoothstep(1.6,1.2,p.y)*.5;
 r=near(r,vec2(cap*.8,10.));
 float fold=length(vec2(sdEll(p-vec3(0,.42,-1.),vec3(1.3,1.5,1.63)),p.y-.78+.18*p.z+.12*p.x*p.x))-.14;r=near(r,vec2(fold*.8,11.));
 // hood
 float hood=sdEll(p-vec3(0,.25,-1.15),vec3(1.95,2.2,1.75));hood+=.05*fbm(p*2.5);
 float open=sdEll(p-vec3(0,-.3,.7),vec3(1.22,1.55,1.7));
 hood=smax(abs(hood)-.12,-open,.15);r=near(r,vec2(hood*.8,12.));
 float ruff=length(vec2(sdEll(p-vec3(0,-.3,.0),vec3(1.5,1.84,9.)),(p.z+.05)*.9))-.33;ruff+=.12*fbm(p*7.)-.05;r=near(r,vec2(ruff*.7,13.));
 float b=bust(p*vec3(.86,1,.8)+vec3(0,.1,.25));float y=p.y+.1*p.x*p.x*.3;b-=.10*abs(sin(y*3.4+.4))*smoothstep(-2.,-2.6,p.y);b+=.05*fbm(p*3.);r=near(r,vec2(b*.7,14.));
 float zip=max(abs(p.x)-.05,length(p.yz-vec2(-3.6,-.3))-1.65);r=near(r,vec2(max(abs(p.x)-.055,b-.05)*.8,15.));
 float col=cone(q,vec3(.5,-2.35,.35),vec3(1.4,-1.9,-.4),.42,.4);r=near(r,vec2(col*.9,14.));
 return r;}
void surface(float id,vec3 p,inout vec3 n,inout Mat m){
 if(id<12.){float a=atan(p.x,p.z+1.);float k=id==10.?sin(p.y*34.+2.*abs(fract(a*9.)-.5)*6.):sin(p.y*30.);
  m.col=id==10.?vec3(.05,.14,.2):vec3(.62,.56,.45);float z=fract(a*4.5)-.5;if(id==10.&&abs(p.y-1.2-.25*abs(z))<.07)m.col=vec3(.62,.56,.45);
  if(id==10.&&abs(p.y-1.45)<.035)m.col=vec3(.6,.12,.06);
  m.col*=.75+.3*k*.5+.2*fbm(p*30.);m.rough=.95;m.sheen=.2;n=normalize(n+vec3(.12*cos(a*60.),.15*k,0));}
 else if(id==13.){m.col=vec3(.42,.33,.24)*(.5+fbm(p*14.));m.rough=1.;m.sheen=.3;}
 else if(id==15.){m.col=vec3(.6,.55,.4)*(.6+.5*sin(p.y*60.));m.metal=1.;m.rough=.3;}
 else {m.col=vec3(.56,.085,.02)*(.9+.2*fbm(p*30.));m.rough=.62;m.sheen=.12;n=bump(n,p,5.,.05);n=bump(n,p,50.,.015);}}
vec3 backdrop(vec2 u){
 vec3 c=mix(vec3(.03,.10,.19),vec3(.005,.015,.05),smoothstep(-1.,3.2,u.y));
 float w=u.y-1.5-.5*sin(u.x*.9+.6)-.35*fbm(vec3(u.x*1.2,2.,1.));
 float cur=exp(-max(w,0.)*1.1)*smoothstep(-.35,.1,w)*(.5+.9*fbm(vec3(u.x*6.,u.y*.25,3.)));c+=vec3(.05,.75,.42)*cur*.6+vec3(.35,.1,.6)*cur*smoothstep(.3,1.6,w)*.5;
 float w2=u.y-2.5+.4*sin(u.x*1.3);c+=vec3(.05,.5,.5)*.3*exp(-max(w2,0.)*1.3)*smoothstep(-.25,.05,w2)*(.4+fbm(vec3(u.x*8.,1.,9.)));
 c+=pow(noise(vec3(u*46.,1.)),48.)*3.*smoothstep(-.2,1.,u.y);
 float m=-.55+.75*fbm(vec3(u.x*.8,0,5.))+.25*abs(fract(u.x*.55+.1)-.5);
 if(u.y<m){float s=fbm(vec3(u*vec2(2.5,5.),2.));c=mix(vec3(.06,.12,.2),vec3(.3,.42,.52),smoothstep(.42,.62,s+.25*(u.y-m+.3)));}
 float g=-1.4+.12*fbm(vec3(u.x*1.5,1,1));c=mix(c,vec3(.26,.36,.46)*(.8+.3*fbm(vec3(u*4.,1.))),smoothstep(.1,-.1,u.y-g));
 return c;}
vec3 front(vec2 u,vec3 c){return c;}
`, post(ctx, mask, rnd) {
  fur(ctx, mask, rnd, {x: 0, y: .28, rx: 1.22, ry: 1.56, deep: .46, count: 16000, long: .3, color: [225, 196, 160],
    light: (a, out) => .30 + .42 * Math.max(0, Math.cos(a + 2.3)) + .34 * out + .16 * Math.sin(a * 9)});
  if (mask) return;
  for (let i = 0; i < 150; i++) {
    const x = rnd() * 900, y = rnd() * 1200, dx = (x - 450) / 190, dy = (y - 620) / 270;
    if (dx * dx + dy * dy < 1) continue;
    const r = 1 + 5 * rnd() ** 3, g = ctx.createRadialGradient(x, y, 0, x, y, r * 1.6);
    g.addColorStop(0, `rgba(255,255,255,${.35 + .5 * rnd()})`); g.addColorStop(1, 'rgba(255,255,255,0)'); ctx.fillStyle = g; ctx.beginPath(); ctx.arc(x, y, r * 1.6, 0, 7); ctx.fill();
  }
}};
