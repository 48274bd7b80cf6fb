const scene = {title: ['Knight', '骑士'], center: '450.,590.', scale: 160, is: {
 KEY: 'normalize(vec3(.55,.5,.75))', KEYC: 'vec3(1.35,1.1,.85)', RIM: 'normalize(vec3(-.85,.25,-.35))', RIMC: 'vec3(.45,.55,.8)',
 SKY: 'vec3(.17,.18,.22)', GROUND: 'vec3(.12,.09,.07)', TONE: 'vec3(.52,.31,.21)', LIPS: 'vec3(.44,.16,.13)', HAIR: 'vec3(.05,.03,.02)', IRIS: 'vec3(.08,.13,.16)', NECK: '0.', EXPOSE: '1.05'},
 glsl: `
vec2 things(vec3 p){
 vec2 r=vec2(1e3,0);vec3 q=vec3(abs(p.x),p.yz);
 vec3 h=p-vec3(0,.2,-.95);
 float helm=sdEll(h,vec3(1.5,1.95,1.8));helm-=.07*smoothstep(.12,.0,abs(p.x))*smoothstep(.2,1.2,p.y); // comb
 float open=smin(sdEll(p-vec3(0,-.35,.9),vec3(1.13,1.28,1.7)),sdEll(p-vec3(0,-1.0,.9),vec3(.98,1.0,1.7)),.3);
 float sh=smax(abs(helm)-.05,-open,.04);sh=max(sh,-(p.y+1.75));
 r=near(r,vec2(sh*.85,10.));
 float trim=length(vec2(open,helm-.03))-.075;trim=max(trim,-(p.y+1.75));r=near(r,vec2(trim*.8,11.));
 // mail behind the opening
 float mail=sdEll(p-vec3(0,-.1,-1.05),vec3(1.36,1.95,1.66));mail=smax(mail,-sdEll(p-vec3(0,-.42,.6),vec3(1.06,1.32,1.5)),.05);
 r=near(r,vec2(mail,14.));
 // raised visor
 vec3 v=p-vec3(0,.38,-.55);v.yz=rot(.80)*v.yz;
 float vs=sdEll(v,vec3(1.68,1.5,2.05));vs=abs(vs)-.05;
 vs=max(vs,-(v.y+.42));vs=max(vs,v.y-.62-.25*smoothstep(.8,0.,abs(v.x)));vs=max(vs,-v.z+.1);
 float slit=max(abs(v.y+.08)-.05,abs(abs(v.x)-.72)-.5);vs=max(vs,-slit);
 vec2 hc=vec2(mod(q.x+.11,.22)-.11,v.y-.34);vs=max(vs,-max(length(hc)-.05,q.x-.9));
 r=near(r,vec2(vs*.8,12.));
 float piv=length((q-vec3(1.6,.32,-.6))*vec3(1.4,1.,1.))-.2;r=near(r,vec2(piv*.7,11.));
 // gorget: three lames
 for(int i=0;i<3;i++){float f=float(i);vec3 g=p-vec3(0,-2.02-.36*f,-.75-.05*f);
  float R=1.4+.2*f;float d=max(abs(length(g.xz*vec2(1.,.9))-R-.22*(-.0-g.y))-.045,abs(g.y)-.24);
  r=near(r,vec2(d*.8-.02,f==1.?10.:10.));r=near(r,vec2(torusY(vec3(g.x,g.y-.23,g.z*.9),R-.05,.045),11.));}
 float b=bust(p*vec3(1.,1,.9)+vec3(0,.35,.0));r=near(r,vec2(b,13.));
 // pauldrons
 for(int i=0;i<3;i++){float f=float(i);vec3 g=q-vec3(2.3+.12*f,-3.4-.42*f,-.9);float d=sdEll(g,vec3(1.05,.75,1.25));d=max(d,-(g.y+.22));r=near(r,vec2(d,10.));r=near(r,vec2(max(abs(d)-.05,abs(g.y+.2)-.05),11.));}
 return r;}
void surface(float id,vec3 p,inout vec3 n,inout Mat m){
 float f=fbm(p*5.);
 if(id==10.||id==12.){m.col=vec3(.58,.60,.63)*(.8+.35*f);m.metal=1.;m.rough=.24+.22*fbm(p*3.);n=bump(n,p,3.,.03);
  n=normalize(n+.02*(vec3(noise(p*vec3(90.,6.,6.)))-.5));
  float sc=fbm(p*vec3(30.,2.,30.));m.rough+=.2*smoothstep(.6,.7,sc);}
 else if(id==11.){m.col=vec3(.82,.56,.2)*(.85+.3*f);m.metal=1.;m.rough=.26;n=bump(n,p,12.,.03);}
 else if(id==13.){m.col=vec3(.32,.02,.03);m.rough=.75;m.sheen=.25;n=bump(n,p,5.,.06);
  vec2 u=p.xy-vec2(0,-3.65);float l=length(u*vec2(1.1,1.));
  if(abs(p.x)<.06||abs(p.y+3.75)<.06)m.col=vec3(.75,.5,.15);}
 else {vec2 k=p.xy*13.+p.z*9.;k.x+=.5*mod(floor(k.y),2.);vec2 c=fract(k)-.5;float d=abs(length(c)-.32);
  m.col=vec3(.35)*smoothstep(.2,.05,d)+.03;m.metal=.9;m.rough=.35;n=normalize(n+.5*vec3(c*smoothstep(.25,.1,d),0.));}}
vec3 backdrop(vec2 u){
 // a hall of stone, banners and torches, out of focus
 vec3 c=mix(vec3(.05,.035,.03),vec3(.12,.085,.06),smoothstep(-3.,2.5,u.y+.4*fbm(vec3(u*1.2,1.))));
 vec2 k=u*vec2(.7,1.4);k.x+=.5*mod(floor(k.y),2.);vec2 b=abs(fract(k)-.5);c*=.75+.25*smoothstep(.5,.42,max(b.x,b.y));c*=.7+.6*fbm(vec3(u*3.,7.));
 for(float s=-1.;s<2.;s+=2.){vec2 w=u-vec2(2.05*s,.5);float e=smoothstep(.06,-.06,abs(w.x)-.62)*smoothstep(-2.7,-2.5,w.y+abs(w.x)*.5);
  vec3 cl=s<0.?vec3(.26,.015,.02):vec3(.03,.05,.2);cl*=.6+.5*cos(w.x*9.+.5*w.y)*.4+.3;
  vec2 d=vec2(w.x,mod(w.y+.8,1.6)-.8);float dia=smoothstep(.05,-.03,abs(d.x)*1.2+abs(d.y)-.42)-smoothstep(.05,-.03,abs(d.x)*1.2+abs(d.y)-.24);
  c=mix(c,mix(cl,vec3(.5,.32,.08),dia*.7),e);}
 c+=vec3(1.,.45,.12)*.5*exp(-length(u-vec2(2.7,2.3))*1.4);c+=vec3(1.,.45,.12)*.22*exp(-length(u-vec2(-2.9,2.5))*1.5);
 return c;}
vec3 front(vec2 u,vec3 c){return c;}
`, post(ctx, mask, rnd) { // the plume, behind nothing: it rises from the top of the helm
  if (mask) return;
  for (let i = 0; i < 1500; i++) {
    const t = rnd(), side = rnd() - .5, x = 455 + 120 * t * t + side * 26, y = 262 - 120 * Math.sin(t * 2.1) - 30 * t + 6 * rnd();
    const l = 40 + 110 * rnd() * (.5 + t), a = -.9 + t * 1.9 + side * 1.1, lit = .45 + .75 * rnd();
    ctx.strokeStyle = `rgba(${Math.round(178 * lit)},${Math.round(22 * lit)},${Math.round(26 * lit)},.55)`; ctx.lineWidth = 1 + 1.6 * rnd();
    ctx.beginPath(); ctx.moveTo(x, y); ctx.quadraticCurveTo(x + l * .6 * Math.cos(a - .5), y + l * .6 * Math.sin(a - .5), x + l * Math.cos(a + .3), y + l * Math.sin(a + .3)); ctx.stroke();
  }
}};
