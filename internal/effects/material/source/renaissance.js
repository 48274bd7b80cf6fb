const scene = {title: ['Old master portrait', '古典油画肖像'], center: '450.,560.', scale: 122, is: {
 KEY: 'normalize(vec3(-.6,.5,.7))', KEYC: 'vec3(1.5,1.18,.82)', RIM: 'normalize(vec3(.8,.2,-.4))', RIMC: 'vec3(.25,.17,.1)',
 SKY: 'vec3(.11,.09,.07)', GROUND: 'vec3(.07,.05,.04)', TONE: 'vec3(.56,.34,.23)', LIPS: 'vec3(.46,.15,.12)', HAIR: 'vec3(.07,.035,.02)', IRIS: 'vec3(.12,.07,.03)', NECK: '0.', EXPOSE: '1.05', VIGNETTE: '.25', FILLC: 'vec3(.07,.055,.045)'},
 glsl: `
vec2 things(vec3 p){
 vec2 r=vec2(1e3,0);vec3 q=vec3(abs(p.x),p.yz);
 // hair under a velvet beret
 float hair=sdEll(p-vec3(0,.1,-1.1),vec3(1.42,1.85,1.5));hair=smin(hair,sdEll(q-vec3(1.12,-.75,-.95),vec3(.36,.75,.6)),.4);
 hair=smax(hair,-sdEll(p-vec3(0,-.45,.62),vec3(1.10,1.34,1.55)),.12);
 float a=atan(p.y-1.1,q.x);hair+=.035*sin(q.x*14.+6.*fbm(p*1.6)+p.y*3.)*.6+.02*fbm(p*vec3(12.,2.,6.));hair=max(hair,-(p.y+1.45));
 r=near(r,vec2(hair*.7,10.));
 vec3 b=p-vec3(.12,1.35,-.85);b.xy=rot(-.16)*b.xy;
 float ber=sdEll(b,vec3(2.0,.66,1.75));ber+=.07*sin(atan(b.x,b.z)*9.+3.*fbm(p*2.))*smoothstep(.0,1.8,length(b.xz));
 float band=length(vec2(length((p-vec3(0,0,-1.))*vec3(1.,0,.95))-1.38,p.y-.98+.12*p.x-.05*p.z));band=max(abs(length(((p-vec3(0,0,-1.0))*vec3(1.,0.,.92)).xz)-1.36)-.06,abs(p.y-.93+.10*p.x)-.15)-.03;
 r=near(r,vec2(ber*.8,11.));r=near(r,vec2(band*.8,12.));
 float k=.3490659,th=mod(atan(p.x,p.z+1.)+.5*k,k)-.5*k;vec2 rr=vec2(length(vec2(p.x,(p.z+1.)*.92)),p.y-.93+.10*p.x);
 r=near(r,vec2(length(vec3(rr.x*sin(th),rr.x*cos(th)-1.45,rr.y))-.075,13.));
 r=near(r,vec2((length((p-vec3(1.0,1.25,.62))*vec3(1,1,1.3))-.2)*.7,14.));
 // ruff
 vec3 f=p-vec3(0,-2.12,-.75);f.yz=rot(.22)*f.yz;float R=length(f.xz),A=atan(f.x,f.z);
 float wave=.20*sin(A*26.)*smoothstep(.7,1.7,R)*clamp(R*.6,0.,1.);
 float ruff=max(abs(f.y-wave)-.035,max(R-2.25,.65-R));
 float ruff2=max(abs(f.y+.24+.8*wave)-.035,max(R-2.15,.65-R));
 r=near(r,vec2(min(ruff,ruff2)*.45,15.));
 float bd=bust(p*vec3(.84,1,.9)+vec3(0,.35,.1));float slash=max(abs(mod(q.x+q.y*.3+.3,.6)-.3)-.08,abs(mod(p.y+.15*q.x,1.1)-.55)-.38);bd-=.05*smoothstep(.05,-.1,slash)*step(1.2,q.x);
 r=near(r,vec2(bd*.8,16.));
 float ch=1e3;{vec2 c=vec2(p.x,p.y+2.7+.02);float y=-2.35-1.25*sqrt(max(1.-p.x*p.x/3.8,0.));float l=length(vec2((p.y-y)*.7,bd));float s=mod(p.x*1.2+p.y*.8,.26)-.13;ch=length(vec2(l,s*.6))-.085;}
 if(q.x<1.9)r=near(r,vec2(ch*.6,17.));
 return r;}
void surface(float id,vec3 p,inout vec3 n,inout Mat m){
 if(id==10.){m.col=vec3(.16,.075,.03)*(.6+.9*noise(vec3(abs(p.x)*22.+p.y*2.,p.y*3.,p.z*8.)));m.rough=.42;m.sheen=.2;n=normalize(n+.3*(vec3(noise(vec3(p.x*40.,p.y*4.,p.z*6.)),.5,.5)-.5));}
 else if(id==11.){m.col=vec3(.10,.008,.014);m.rough=.9;m.sheen=1.3;n=bump(n,p,6.,.04);}
 else if(id==12.){m.col=vec3(.06,.006,.01);m.rough=.8;m.sheen=.5;}
 else if(id==13.){m.col=vec3(.75,.7,.62);m.rough=.15;m.sheen=.2;}
 else if(id==14.){m.col=vec3(.03,.12,.07);m.rough=.06;}
 else if(id==15.){m.col=vec3(.78,.74,.66);m.rough=.9;m.sheen=.05;float R=length(p.xz-vec2(0,-.75));m.col*=.9+.2*noise(p*40.);m.col*=mix(1.,.72,smoothstep(1.95,2.2,R)*step(.5,noise(p*16.)));}
 else if(id==16.){vec2 q=vec2(abs(p.x),p.y);float slash=max(abs(mod(q.x+q.y*.3+.3,.6)-.3)-.08,abs(mod(q.y+.15*q.x,1.1)-.55)-.38);
  m.col=vec3(.018,.016,.02);m.rough=.85;m.sheen=.9;if(slash<.02&&q.x>1.2){m.col=vec3(.36,.04,.03);m.sheen=.5;m.rough=.5;}
  else{float d=sin(p.x*16.+sin(p.y*9.))*sin(p.y*14.+sin(p.x*8.));if(d>.45){m.col=vec3(.045,.035,.03);m.rough=.5;}}n=bump(n,p,5.,.04);}
 else {m.col=vec3(.9,.62,.22);m.metal=1.;m.rough=.25;}}
vec3 backdrop(vec2 u){
 float f=fbm(vec3(u*.8,1.))*.7+.3*fbm(vec3(u*4.,2.));
 vec3 c=mix(vec3(.018,.013,.008),vec3(.13,.09,.045),smoothstep(.2,.75,f)*exp(-.10*dot(u-vec2(.9,.4),u-vec2(.9,.4))));return c*1.3;}
vec3 oval(vec2 u,vec3 c){ // the carved frame around the oval
 vec2 e=u-vec2(0,-.33);float d=sdEll(vec3(e,0),vec3(2.98,4.05,9.));
 float sh=smoothstep(-.55,.0,d);c*=1.-.65*sh;
 if(d>0.){float a=atan(e.x*1.36,e.y);
  float h,dh;float x=d;vec2 nd=normalize(e/vec2(8.9,16.4));
  float prof=.5+.5*sin(x*15.)*step(x,.42);float slope=cos(x*15.)*step(x,.42)*.8;
  float leaf=sin(a*40.)*smoothstep(.1,.2,x)*smoothstep(.34,.25,x);
  float roomy=smoothstep(.42,.5,x);
  vec3 n=normalize(vec3(nd*slope+vec2(leaf*.8*nd.y,-leaf*.8*nd.x),1.));
  vec3 g=fbm(vec3(u*7.,1.))*vec3(.25)+.75;
  vec3 gold=vec3(.62,.38,.12)*g;float l=max(dot(n,KEY),0.);vec3 h2=normalize(KEY+vec3(0,0,1));
  vec3 col=gold*(.18+.75*l)+vec3(1.,.75,.35)*.75*pow(max(dot(n,h2),0.),22.);
  vec2 w=u*vec2(1.,8.);float grain=fbm(vec3(u.x*1.5+.3*fbm(vec3(u*2.,1.)),u.y*16.,3.));if(abs(u.x)>0.)grain=fbm(vec3(u.x*13.,u.y*.9,3.)+.6*fbm(vec3(u*1.3,1.)));
  vec3 wood=mix(vec3(.035,.014,.007),vec3(.16,.07,.03),grain)*(1.+.3*dot(normalize(vec3(-.5,.6,.2)),vec3(u,0.))*.15);
  vec2 co=abs(u-vec2(0,-.35))-vec2(3.,4.1);
  float bead=length(vec2(mod(a+.04,.08)-.04,(x-.47)*.28))-.018;
  col=mix(col,wood,roomy);
  col=mix(col,gold*1.3*(.4+l),smoothstep(.004,-.004,bead)*step(x,.6));
  vec2 ed=vec2(450.,600.)/SCALE-abs((u-vec2(0,-40./SCALE)));float b=min(ed.x,ed.y);
  float lip=smoothstep(.30,.26,b)*smoothstep(.0,.05,b);vec2 en=ed.x<ed.y?vec2(sign(u.x),0):vec2(0,sign(u.y+.3));
  col=mix(col,gold*(.3+.8*max(dot(normalize(vec3(en*sin((b-.15)*18.),1.)),KEY),0.)),lip);
  c=mix(c,col*(1.-.5*exp(-x*40.)),smoothstep(0.,.015,d));}
 return c;}
vec3 front(vec2 u,vec3 c){
 float d=sdEll(vec3(u-vec2(0,-.33),0),vec3(2.98,4.05,9.));
 c=mix(c,c*vec3(1.08,.98,.8),.8);
 if(d<0.){float k=abs(fbm(vec3(u*9.,5.))-.5);c*=1.-.10*smoothstep(.012,.0,k);c*=.96+.08*noise(vec3(u.x*70.,u.y*70.,1.));}
 return oval(u,c);}
`};
