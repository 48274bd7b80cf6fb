const scene = {title: ['Deep-sea diver', '深海潜水员'], center: '450.,545.', scale: 152, is: {
 KEY: 'normalize(vec3(-.3,.75,.6))', KEYC: 'vec3(1.25,1.15,.95)', RIM: 'normalize(vec3(.85,.1,-.35))', RIMC: 'vec3(.1,.55,.6)',
 SKY: 'vec3(.2,.28,.29)', GROUND: 'vec3(.07,.13,.16)', TONE: 'vec3(.55,.32,.22)', LIPS: 'vec3(.46,.18,.15)', HAIR: 'vec3(.04,.03,.02)', IRIS: 'vec3(.1,.12,.1)', NECK: '0.', FILLC: 'vec3(.14,.12,.1)'},
 glsl: `
float ringBolts(vec3 p,float R,float n,float s){float a=atan(p.x,p.y),k=6.2831853/n;a=mod(a+.5*k,k)-.5*k;float r=length(p.xy);vec3 b=vec3(r*cos(a)-R,r*sin(a),p.z);return sdEll(b,vec3(s,s,s*.9));}
vec2 things(vec3 p){
 vec2 r=vec2(1e3,0);vec3 q=vec3(abs(p.x),p.yz);vec3 c=p-vec3(0,-.25,-.75);
 // woollen cap
 float cap=sdEll(p-vec3(0,.45,-1.),vec3(1.27,1.5,1.6));cap=max(cap,-(p.y-.55+.25*p.z+.15*p.x*p.x));r=near(r,vec2(cap,16.));
 float rb=length(vec2(sdEll(p-vec3(0,.45,-1.),vec3(1.28,1.5,1.62)),p.y-.66+.25*p.z+.15*p.x*p.x))-.13;r=near(r,vec2(rb*.8,16.));
 float hel=sdEll(c,vec3(2.5,2.6,2.2));
 float hole=length(p.xy-vec2(0,-.3))-1.62;
 float sh=smax(abs(hel)-.12,-max(hole,-p.z-.6),.06);
 sh=smax(sh,-(p.y+2.45),.05);r=near(r,vec2(sh*.9,10.));
 vec3 w=p-vec3(0,-.3,1.05);
 float rim=smin(max(abs(length(w.xy)-1.78)-.17,abs(w.z)-.3)-.04,torus(w-vec3(0,0,.3),1.84,.12),.06);
 r=near(r,vec2(rim,11.));
 r=near(r,vec2(torus(w-vec3(0,0,.36),1.64,.05),12.));
 r=near(r,vec2(ringBolts(w-vec3(0,0,.4),1.86,12.,.1),12.));
 // side windows
 vec3 s=q-vec3(2.15,-.2,-.1);s.xz=rot(-.95)*s.xz;
 r=near(r,vec2(max(abs(length(s.xy)-.62)-.12,abs(s.z)-.28)-.03,11.));r=near(r,vec2(ringBolts(s-vec3(0,0,.3),.62,8.,.07),12.));
 float gl=max(length(s.xy)-.6,abs(s.z)-.08);r=near(r,vec2(gl,13.));
 for(int i=0;i<3;i++){float x=float(i-1)*.34;r=near(r,vec2(max(cone(s,vec3(x,-.55,.28),vec3(x,.55,.28),.035,.035),length(s.xy)-.62),12.));}
 // valve on top, rope ring
 r=near(r,vec2(cone(p,vec3(0,2.2,-.75),vec3(0,2.7,-.75),.36,.26),11.));
 r=near(r,vec2(torus(p-vec3(0,2.82,-.75),.26,.07),12.));
 // corselet
 vec3 k=p-vec3(0,-2.55,-.8);float ring=max(abs(length(k.xz*vec2(1.,1.1))-1.95)-.18,abs(k.y)-.14)-.05;r=near(r,vec2(ring*.9,11.));
 float cb=sdEll(p-vec3(0,-3.75,-.8),vec3(2.75,1.25,2.0));r=near(r,vec2(cb,10.));
 float seam=length(vec2(cb,p.y+3.6+.12*p.x*p.x))-.13;r=near(r,vec2(seam*.8,11.));
 float bx=mod(q.x+.3,.6)-.3;float yy=p.y+3.6+.12*p.x*p.x;r=near(r,vec2((length(vec3(bx,yy,cb))-.13)*.7,12.));
 float b=bust(p*vec3(.9,1.,.9)+vec3(0,.9,0));b+=.06*fbm(p*2.);r=near(r,vec2(b,14.));
 return r;}
void surface(float id,vec3 p,inout vec3 n,inout Mat m){
 float f=fbm(p*3.),g=fbm(p*11.);
 if(id==10.){m.col=mix(vec3(.72,.30,.13),vec3(.85,.48,.2),f)*(.8+.3*g);m.metal=1.;m.rough=.3+.25*g;float pat=smoothstep(.52,.68,fbm(p*2.2+5.));m.col=mix(m.col,vec3(.12,.34,.28),.55*pat);m.metal-=.5*pat;m.rough+=.25*pat;n=bump(n,p,4.,.035);
  if(dot(n,p-vec3(0,-.25,-.75))<0.){m.col*=.28;}}
 else if(id==11.){m.col=mix(vec3(.83,.58,.2),vec3(.7,.42,.14),g);m.metal=1.;m.rough=.24+.2*g;n=bump(n,p,9.,.02);}
 else if(id==12.){m.col=vec3(.9,.68,.3)*(.75+.4*g);m.metal=1.;m.rough=.22;}
 else if(id==13.){m.col=vec3(.01,.03,.035);m.rough=.04;}
 else if(id==16.){float a=atan(p.x,p.z+1.);m.col=vec3(.42,.035,.025)*(.8+.35*sin(a*50.));m.rough=.95;m.sheen=.2;n=normalize(n+vec3(.2*cos(a*50.),0,0));n=bump(n,p,30.,.02);}
 else {m.col=vec3(.22,.2,.15)*(.8+.4*g);m.rough=.9;m.sheen=.1;n=bump(n,p,5.,.06);n=bump(n,p,50.,.02);}}
vec3 backdrop(vec2 u){
 vec3 c=mix(vec3(.002,.03,.06),vec3(.02,.24,.30),smoothstep(-4.,3.6,u.y));
 vec2 s=u-vec2(-1.6,5.);float a=atan(s.x,-s.y);float ray=pow(fbm(vec3(a*7.,1.,2.)),2.)*1.5+.5*pow(noise(vec3(a*22.,1.,1.)),2.);c+=vec3(.2,.55,.5)*ray*.5*smoothstep(8.,1.,length(s));
 c+=vec3(.4,.9,.8)*.25*exp(-length(s)*.55);
 for(int i=0;i<7;i++){float f=float(i);vec2 p=u-vec2(-2.6+5.2*hash(vec3(f,1,1)),1.0+2.2*hash(vec3(f,2,1)));float fl=hash(vec3(f,5,1))<.5?1.:-1.;p.x*=fl;p*=1.7+hash(vec3(f,3,3));
  float body=length(p*vec2(1.,2.4+.8*p.x))-.22;float tail=max(abs(p.y)-(-p.x-.17)*.9,max(-p.x-.36,p.x+.17));c=mix(c,vec3(.004,.07,.1),.7*smoothstep(.03,-.02,min(body,tail)));}
 float kx=abs(u.x)-2.55+.18*sin(u.y*1.7+u.x);float leaf=smoothstep(.14,.0,abs(kx)-.10-.10*abs(sin(u.y*5.)))*smoothstep(1.8,-.5,u.y);c=mix(c,vec3(.01,.09,.06),leaf*.8);
 return c;}
vec3 front(vec2 u,vec3 c){vec2 g=u-vec2(0,-.3);float r=length(g),a=atan(g.y,g.x);
 c+=vec3(.7,1.,.95)*.3*smoothstep(1.3,1.36,r)*smoothstep(1.56,1.5,r)*smoothstep(1.9,2.05,a)*smoothstep(2.75,2.6,a);
 c+=vec3(.5,.9,.9)*.10*smoothstep(1.35,1.6,r)*smoothstep(1.62,1.58,r);
 c+=vec3(.05,.3,.3)*.06*smoothstep(-.5,-4.,u.y);return c;}
`, post(ctx, mask, rnd) {
  if (mask) return;
  for (let i = 0; i < 60; i++) {
    const s = i % 2 ? 1 : -1, x = 450 + s * (350 + 80 * rnd()), y = 1000 * rnd() + 30, r = 2 + 15 * rnd() ** 2;
    const g = ctx.createRadialGradient(x - r * .3, y - r * .3, r * .1, x, y, r);
    g.addColorStop(0, 'rgba(230,255,250,.5)'); g.addColorStop(.35, 'rgba(160,230,225,.06)'); g.addColorStop(.85, 'rgba(190,245,240,.14)'); g.addColorStop(1, 'rgba(220,255,250,.55)');
    ctx.fillStyle = g; ctx.beginPath(); ctx.arc(x, y, r, 0, 7); ctx.fill();
  }
}};
