const scene = {title: ['Pirate captain', '海盗船长'], center: '450.,600.', scale: 156, is: {
 KEY: 'normalize(vec3(-.55,.35,.8))', KEYC: 'vec3(1.45,1.05,.68)', RIM: 'normalize(vec3(.85,.15,-.35))', RIMC: 'vec3(.9,.42,.2)',
 SKY: 'vec3(.2,.2,.28)', GROUND: 'vec3(.14,.1,.09)', TONE: 'vec3(.46,.27,.175)', LIPS: 'vec3(.44,.16,.13)', HAIR: 'vec3(.04,.024,.016)', IRIS: 'vec3(.10,.06,.03)', NECK: '0.'},
 glsl: `
vec2 things(vec3 p){
 vec2 r=vec2(1e3,0);vec3 q=vec3(abs(p.x),p.yz);
 // bandana
 float ban=sdEll(p-vec3(0,.45,-1.02),vec3(1.28,1.5,1.62));ban=max(ban,-(p.y-.56+.16*p.z+.10*p.x*p.x+.04*sin(p.x*3.)));ban+=.012*sin(p.y*22.+p.x*6.);r=near(r,vec2(ban*.9,10.));
 // tricorn
 vec3 h=p-vec3(0,1.28,-.95);h.xy=rot(.05)*h.xy;
 float crown=sdEll(h-vec3(0,.15,0),vec3(1.42,1.15,1.5));crown=max(crown,-h.y);r=near(r,vec2(crown,11.));
 float R=length(h.xz*vec2(.88,1.)),A=atan(h.x,h.z);float lift=.95*pow(abs(sin(A*1.5)),1.3)*smoothstep(1.1,2.25,R)-.10*cos(A*3.);
 float br=max(abs(h.y-lift+.02)-.05,R-2.15-.25*cos(A*3.));br=max(br,1.2-R);r=near(r,vec2(br*.45,11.));
 float tr=length(vec2(R-2.15-.25*cos(A*3.),h.y-lift+.02))-.075;r=near(r,vec2(tr*.45,12.));
 // locks of hair
 for(int i=0;i<4;i++){float f=float(i);vec3 o=q-vec3(1.2+.14*f+.05*sin(p.y*3.+f),-.9,-.62-.22*f);o.x+=.16*sin(p.y*2.1+f*1.4)+.10*(p.y+.9)*.6;o.z+=.12*cos(p.y*2.3+f);
  float l=max(length(o.xz)-.24,abs(o.y)-1.75+.35*f*.5);l+=.03*sin(p.y*9.+f*2.+o.x*10.);r=near(r,vec2((l-.03)*.7,13.));}
 for(int i=0;i<3;i++){float f=float(i);r=near(r,vec2(length((p-vec3(-1.22-.06*f+.0,-1.15-.36*f,-.22))*vec3(1,.9,1))-.12,15.));}
 r=near(r,vec2(torus((p-vec3(1.16,-.72,-.5)).zyx*vec3(1.,1.,1.),.20,.04),15.));
 // coat: stock, lapels, collar
 float jab=cone(p,vec3(0,-2.38,-.72),vec3(0,-2.6,-.66),.88,1.05);jab+=.03*sin(p.y*16.);r=near(r,vec2(jab*.9,16.));
 for(int i=0;i<4;i++){float f=float(i);float w=.34+.11*f;vec3 o=p-vec3(0,-2.55-.36*f,.52+.05*f);float d=sdEll(o,vec3(w,.34,.2));d+=.06*sin(o.x*20.+f)*smoothstep(.1,-.3,o.y);r=near(r,vec2(d*.7,16.));}
 float b=bust(p*vec3(.88,1,.88)+vec3(0,.35,.1));b+=.04*fbm(p*2.);float cut=(q.x-.32-.22*(p.y+2.6)*-.6);float coat=smax(b,-(cut),.05);r=near(r,vec2(coat*.8,17.));r=near(r,vec2((b+.12)*.8,19.));
 float lap=length(vec2(cut*.8,b))-.09;r=near(r,vec2(lap*.7,18.));
 vec3 c=q-vec3(.0,-2.15,-.85);float cr2=length(c.xz)-1.3-.4*c.y;float cl=max(abs(cr2)-.07,max(c.y-.45+.3*smoothstep(.5,1.2,c.z),-c.y-.8));cl=max(cl,-(q.x-.55-.3*(c.y+.5)));r=near(r,vec2((cl-.03)*.7,17.));
 float ce=length(vec2(cr2,c.y-.47+.3*smoothstep(.5,1.2,c.z)))-.06;ce=max(ce,-(q.x-.55));r=near(r,vec2(ce*.6,18.));
 vec3 ep=q-vec3(2.2,-3.02,-1.0);ep.xy=rot(.35)*ep.xy;r=near(r,vec2((sdEll(ep,vec3(.72,.17,.7)))*.8,18.));
 float fr=max(abs(length(ep.xz)-.68)-.05,abs(ep.y+.25)-.3)+.03*sin(atan(ep.x,ep.z)*60.);r=near(r,vec2(fr*.6,18.));
 float bt=length(vec3(q.x-.86+.12*(p.y+3.),mod(p.y+.25,.55)-.275,b))-.12;if(p.y<-2.7)r=near(r,vec2(bt*.7,15.));
 return r;}
void surface(float id,vec3 p,inout vec3 n,inout Mat m){
 float f=fbm(p*4.),g=fbm(p*30.);
 if(id==10.){m.col=vec3(.46,.03,.025)*(.85+.3*g);m.rough=.8;m.sheen=.15;n=bump(n,p,6.,.05);vec2 k=fract(p.xy*vec2(3.2,3.2)+vec2(0,.4*p.z))-.5;if(length(k)<.1)m.col=vec3(.7,.62,.5);}
 else if(id==11.){m.col=vec3(.035,.026,.022)*(.7+.6*f);m.rough=.7;m.sheen=.5;n=bump(n,p,30.,.02);n=bump(n,p,3.,.03);}
 else if(id==12.||id==18.){m.col=vec3(.85,.6,.22)*(.75+.4*g);m.metal=1.;m.rough=.32;n=normalize(n+.25*vec3(sin(p.x*60.+p.y*40.),cos(p.y*60.),0));}
 else if(id==13.){m.col=vec3(.075,.04,.02)*(.5+1.*noise(vec3(p.x*26.+2.*sin(p.y*3.),p.y*2.,p.z*20.)));m.rough=.4;m.sheen=.3;n=normalize(n+.5*(vec3(noise(vec3(p.x*34.,p.y*2.,p.z*20.)),.5,.5)-.5));}
 else if(id==15.){m.col=vec3(.92,.68,.28);m.metal=1.;m.rough=.2;}
 else if(id==16.){m.col=vec3(.72,.67,.58)*(.9+.2*g);m.rough=.85;m.sheen=.1;}
 else if(id==19.){m.col=vec3(.34,.24,.1);m.rough=.6;m.sheen=.2;float d=sin(p.x*20.)*sin(p.y*20.);m.col*=.8+.3*d;}
 else {m.col=vec3(.05,.075,.16)*(.8+.35*f);m.rough=.75;m.sheen=.55;n=bump(n,p,4.,.05);n=bump(n,p,40.,.02);}}
vec3 backdrop(vec2 u){
 vec2 s=u-vec2(-1.9,-.05);
 vec3 c=mix(vec3(1.,.42,.12),vec3(.10,.12,.30),smoothstep(-.6,3.6,u.y+.2*u.x));
 c+=vec3(1.,.55,.18)*.9*exp(-length(s)*1.1);c=mix(c,vec3(1.6,1.2,.7),smoothstep(.46,.42,length(s)));
 float d=fbm(vec3(u*vec2(.5,1.6)+vec2(.3,0),2.)),e=fbm(vec3(u*vec2(.5,1.6)+vec2(.34,.12),2.));float cl=smoothstep(.45,.7,d)*smoothstep(-.3,1.2,u.y);c=mix(c,mix(vec3(.28,.16,.25),vec3(1.,.5,.25),clamp(.4+6.*(e-d)*-1.,0.,1.)),cl*.8);
 float hz=-.45;if(u.y<hz){float z=1./(hz-u.y+.06);float w=fbm(vec3(u.x*z*.8,z*6.,1.));c=mix(vec3(.03,.07,.11),vec3(.55,.26,.12),smoothstep(.42,.7,w)*.7*exp(-abs(u.x+1.9)*.5)+.12);c+=vec3(1.,.5,.15)*.6*smoothstep(.55,.7,w)*exp(-abs(u.x+1.9)*(1.6));}
 return c*.85;}
vec3 front(vec2 u,vec3 c){return c;}
`, post(ctx, mask, rnd) {
  if (mask) return;
  ctx.save(); ctx.translate(775, 655); ctx.scale(1.15, 1.15); // a ship on the horizon
  ctx.fillStyle = 'rgba(28,16,20,.92)'; ctx.beginPath(); ctx.moveTo(-70, -8); ctx.lineTo(-62, 16); ctx.quadraticCurveTo(0, 26, 52, 16); ctx.lineTo(72, -16); ctx.quadraticCurveTo(30, 0, -40, -4); ctx.lineTo(-44, -14); ctx.lineTo(-72, -16); ctx.fill();
  ctx.strokeStyle = 'rgba(28,16,20,.92)'; ctx.lineWidth = 2.4; for (const [x, t] of [[-38, -96], [2, -122], [38, -92]]) { ctx.beginPath(); ctx.moveTo(x, 0); ctx.lineTo(x, t); ctx.stroke(); }
  ctx.beginPath(); ctx.moveTo(66, -14); ctx.lineTo(98, -34); ctx.stroke();
  ctx.fillStyle = 'rgba(52,28,30,.88)'; for (const [x, y, w, h] of [[-38, -88, 24, 26], [-38, -56, 30, 34], [2, -112, 26, 30], [2, -76, 34, 42], [38, -84, 22, 26], [38, -52, 28, 32]]) { ctx.beginPath(); ctx.moveTo(x - w * .8, y); ctx.lineTo(x + w * .6, y); ctx.quadraticCurveTo(x + w * 1.1, y + h * .6, x + w * .7, y + h); ctx.lineTo(x - w * .9, y + h); ctx.quadraticCurveTo(x - w * .4, y + h * .5, x - w * .8, y); ctx.fill(); }
  ctx.restore();
}};
