const scene = {title: ['Detective', '侦探'], center: '450.,600.', scale: 160, is: {
 KEY: 'normalize(vec3(.6,.28,.75))', KEYC: 'vec3(1.4,1.1,.72)', RIM: 'normalize(vec3(-.85,.15,-.35))', RIMC: 'vec3(.2,.45,.8)',
 SKY: 'vec3(.17,.20,.27)', GROUND: 'vec3(.12,.12,.14)', TONE: 'vec3(.34,.19,.12)', LIPS: 'vec3(.30,.11,.09)', HAIR: 'vec3(.035,.022,.016)', IRIS: 'vec3(.08,.08,.07)', NECK: '0.', FILL: 'normalize(vec3(-.6,-.1,.8))', FILLC: 'vec3(.10,.12,.16)'},
 glsl: `
vec2 things(vec3 p){
 vec2 r=vec2(1e3,0);vec3 q=vec3(abs(p.x),p.yz);
 // short hair below the hat
 float hair=sdEll(p-vec3(0,.2,-1.12),vec3(1.31,1.6,1.66));hair=smax(hair,-smin(sdEll(p-vec3(0,-.45,.60),vec3(1.13,1.33,1.5)),sdEll(p-vec3(0,-1.5,.1),vec3(1.2,1.1,1.4)),.2),.07);hair=max(hair,-(p.y+.95)+.3*smoothstep(-.4,-1.,p.z));r=near(r,vec2(hair*.9,10.));
 // fedora
 vec3 h=p-vec3(0,.92,-.88);h.xy=rot(-.075)*h.xy;h.yz=rot(.06)*h.yz;
 float R=length(h.xz*vec2(1.,.92)),A=atan(h.x,h.z);
 float by=.28*pow(abs(sin(A)),2.)*smoothstep(1.3,2.3,R)-.13*max(cos(A),0.)*smoothstep(1.3,2.2,R)+.03*sin(A*2.+1.);
 float br=max(abs(h.y-by)-.04,max(R-2.18,1.1-R))-.02;r=near(r,vec2(br*.7,11.));
 float t=clamp(h.y/1.75,0.,1.);float cr=length(h.xz*vec2(1.,.88))-mix(1.46,1.16,t*t)+.10*t*smoothstep(.2,.9,h.z)*smoothstep(.2,.6,abs(h.x)+.1)*0.;
 cr+=.16*smoothstep(.8,1.7,h.y)*smoothstep(.0,1.2,h.z)*smoothstep(.9,.3,abs(abs(h.x)-.75));
 float top=1.72-.35*exp(-h.x*h.x*5.)*smoothstep(-1.2,.6,h.z)-.12*h.x*h.x;cr=smax(cr,h.y-top,.3);cr=max(cr,-h.y-.02);r=near(r,vec2(cr*.75,11.));
 float bd=max(abs(length(h.xz*vec2(1.,.88))-1.47+.06*h.y)-.035,abs(h.y-.26)-.23)-.015;r=near(r,vec2(bd*.9,12.));
 // coat with the collar up, shirt and tie
 float sh=cone(p,vec3(0,-1.95,-.75),vec3(0,-2.5,-.8),.78,1.0);r=near(r,vec2(sh,13.));
 vec3 k=p-vec3(0,-2.32,.12);float knot=max(cone(k,vec3(0,.12,0),vec3(0,-.22,.06),.24,.13),-1.);r=near(r,vec2(knot,14.));
 r=near(r,vec2(sdEll(p-vec3(0,-3.6,.12),vec3(.34,1.2,.24)),14.));
 float b=bust(p*vec3(.88,1,.86)+vec3(0,.35,.1));b+=.05*fbm(p*1.8);float vv=q.x-.12-.30*(p.y+4.2);float coat=smax(b,vv>0.?-1.:-vv,.02);coat=max(b,-(q.x-.05-.33*max(p.y+4.1,0.)));r=near(r,vec2(coat*.8,15.));r=near(r,vec2(b+.14,13.));
 float lap=max(abs(b-.05)-.05,max(-(q.x-.05-.33*(p.y+4.1)),q.x-.62-.42*(p.y+4.0)));lap=max(lap,-(p.y+4.1));lap=max(lap,p.y+2.4);r=near(r,vec2((lap-.02)*.7,16.));
 vec3 c=q-vec3(.0,-2.0,-.85);float cr2=length(c.xz*vec2(1.,1.))-1.32-.28*(c.y)-.0;float cl=max(abs(cr2)-.06,max(c.y-.55+.5*smoothstep(.3,1.3,c.z)-.1*c.x,-c.y-.95));cl=max(cl,-(q.x-.40-.34*(c.y+.5)));r=near(r,vec2((cl-.03)*.7,16.));
 r=near(r,vec2(length((vec3(q.x-.75,p.y+3.75,b))*vec3(1,1,1.4))-.13,17.));
 return r;}
void surface(float id,vec3 p,inout vec3 n,inout Mat m){
 float f=fbm(p*4.),g=fbm(p*40.);
 if(id==10.){m.col=vec3(.05,.03,.018)*(.5+noise(vec3(p.x*30.,p.y*7.,p.z*24.)));m.rough=.5;m.sheen=.25;}
 else if(id==11.){m.col=vec3(.11,.085,.065)*(.8+.4*g);m.rough=.9;m.sheen=.7;n=bump(n,p,4.,.02);n=bump(n,p,50.,.015);}
 else if(id==12.){m.col=vec3(.022,.018,.018);m.rough=.45;m.sheen=.3;n=normalize(n+vec3(0,.15*sin(p.y*90.),0));}
 else if(id==13.){m.col=vec3(.66,.65,.62);m.rough=.8;n=bump(n,p,5.,.02);}
 else if(id==14.){m.col=vec3(.22,.02,.025);m.rough=.5;m.sheen=.4;float s=fract((p.x+p.y)*3.5);if(abs(s-.5)<.1)m.col=vec3(.5,.36,.14);}
 else if(id==17.){m.col=vec3(.10,.05,.025);m.rough=.25;}
 else {m.col=vec3(.36,.26,.15)*(.85+.3*g);m.rough=.85;m.sheen=.25;n=bump(n,p,3.,.05);n=bump(n,p,60.,.015);}}
vec3 glow(vec2 u,vec2 c,float r,vec3 k){float d=length(u-c);return k*(smoothstep(r,r*.86,d)*(.55+.35*smoothstep(r*.5,r,d))+.10*exp(-d*1.8));}
vec3 backdrop(vec2 u){
 vec3 c=mix(vec3(.03,.04,.06),vec3(.012,.02,.045),smoothstep(-1.,3.,u.y));
 float side=abs(u.x+.2);float per=smoothstep(.7,2.8,side);
 for(int i=0;i<2;i++){float s=i==0?-1.:1.;vec2 w=vec2(s*u.x-1.05,u.y);if(w.x>0.){float pz=1./(w.x+.6);vec2 b=vec2(pz*7.,(u.y+.4)*pz*4.6);vec2 cell=floor(b),k=abs(fract(b)-.5);
   float lit=step(.62,hash(vec3(cell,s+3.)));float win=smoothstep(.34,.26,k.x)*smoothstep(.38,.3,k.y)*step(-1.2,u.y);
   c=mix(c,vec3(.022,.026,.036),.9);c+=win*lit*vec3(1.,.62,.25)*(.04+.12*hash(vec3(cell,9.)));c+=win*(1.-lit)*vec3(.006,.010,.018);}}
 c+=glow(u,vec2(2.25,1.45),.34,vec3(1.,.68,.28));c+=glow(u,vec2(1.75,.35),.2,vec3(1.,.5,.2));c+=glow(u,vec2(-1.95,.9),.27,vec3(.2,.55,.9));c+=glow(u,vec2(-2.5,2.1),.36,vec3(.9,.2,.25))*.7;c+=glow(u,vec2(-1.6,-.3),.16,vec3(1.,.6,.3));c+=glow(u,vec2(2.5,-.5),.25,vec3(.9,.25,.2))*.7;
 float fog=fbm(vec3(u*.7,4.));c+=vec3(.10,.13,.17)*fog*smoothstep(2.5,-2.5,u.y)*.8;
 return c;}
vec3 front(vec2 u,vec3 c){return c;}
`, post(ctx, mask, rnd) {
  if (mask) return;
  for (let i = 0; i < 420; i++) { // rain, beside the face
    const x = rnd() * 900, y = rnd() * 1200, dx = (x - 450) / 215, dy = (y - 690) / 300; const l = 18 + 50 * rnd(), near = rnd() ** 3;
    if (dx * dx + dy * dy < 1.15) continue;
    ctx.strokeStyle = `rgba(190,215,240,${.05 + .22 * near})`; ctx.lineWidth = .7 + 1.4 * near; ctx.beginPath(); ctx.moveTo(x, y); ctx.lineTo(x - l * .16, y + l); ctx.stroke();
  }
}};
