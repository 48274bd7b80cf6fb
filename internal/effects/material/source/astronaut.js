const scene = {title: ['Astronaut', '宇航员'], center: '450.,560.', scale: 156, is: {
 KEY: 'normalize(vec3(-.5,.55,.75))', KEYC: 'vec3(1.15,1.08,1.)', RIM: 'normalize(vec3(.85,.1,-.35))', RIMC: 'vec3(.25,.5,1.1)',
 SKY: 'vec3(.22,.25,.33)', GROUND: 'vec3(.13,.15,.22)', TONE: 'vec3(.42,.245,.16)', LIPS: 'vec3(.40,.13,.11)', HAIR: 'vec3(.06,.035,.02)', IRIS: 'vec3(.16,.09,.05)', NECK: '0.'},
 glsl: `
vec2 things(vec3 p){
 vec2 r=vec2(1e3,0);vec3 q=vec3(abs(p.x),p.yz);
 vec3 h=p-vec3(0,.3,-1.0);
 float cap=sdEll(h,vec3(1.36,1.68,1.66));
 cap=smax(cap,-sdEll(p-vec3(0,-.45,.5),vec3(1.1,1.32,1.5)),.08);
 cap=max(cap,-(p.y+1.9));r=near(r,vec2(cap,10.));
 float phone=smax(sdEll(q-vec3(1.33,-.1,-.75),vec3(.24,.62,.5)),-(q.x-1.05),.1);
 r=near(r,vec2(phone,11.));
 float band=torus((p-vec3(0,.15,-.62))*vec3(1.,.86,1.),1.53,.09);band=max(band,-p.y);r=near(r,vec2(band*.8,11.));
 r=near(r,vec2(cone(p,vec3(1.25,-.75,-.3),vec3(.62,-1.75,.62),.04,.035),12.));
 r=near(r,vec2(cone(p,vec3(.64,-1.74,.6),vec3(.42,-1.78,.68),.085,.085),11.));
 // helmet: shell behind, rim around the opening
 vec3 g=p-vec3(0,.0,-.7);
 float shell=abs(length(g)-2.42)-.1;shell=smax(shell,-(sdEll(p-vec3(0,-.1,1.2),vec3(2.12,2.12,2.3))),.1);
 shell=max(shell,-(p.y+2.2));r=near(r,vec2(shell,13.));
 vec3 rm=p-vec3(0,-.1,.2);rm.yz=rot(-.06)*rm.yz;
 r=near(r,vec2(smax(torus(rm,2.16,.13),-(p.y+2.1),.05),14.));
 vec3 nr=p-vec3(0,-2.28,-.65);
 float ring=smin(torusY(nr,1.9,.2),torusY(nr+vec3(0,.34,0),2.0,.17),.04);r=near(r,vec2(ring,15.));
 float lat=box(vec3(q.x-1.25,p.y+2.4,p.z-.9),vec3(.2,.17,.14),.05);r=near(r,vec2(lat,16.));
 float b=bust(p*vec3(.92,1,.85)+vec3(0,.35,.2));
 b+=.05*sin(p.y*7.+2.5*fbm(p*1.3)*2.)*smoothstep(-2.6,-3.4,p.y)*.6;
 r=near(r,vec2(b*.8,17.));
 float pack=box(vec3(p.x,p.y+2.2,p.z+2.3),vec3(2.1,1.6,.5),.3);r=near(r,vec2(pack,18.));
 return r;}
void surface(float id,vec3 p,inout vec3 n,inout Mat m){
 float f=fbm(p*60.);
 if(id==10.){m.col=vec3(.66,.65,.63)*(.9+.2*f);m.rough=.8;m.sheen=.1;n=bump(n,p,40.,.02);
  m.col*=1.-.5*smoothstep(.035,.01,abs(p.x))*step(.3,p.y);}
 else if(id==11.){m.col=vec3(.045,.04,.04);m.rough=.5;n=bump(n,p,60.,.02);}
 else if(id==12.){m.col=vec3(.08);m.rough=.4;}
 else if(id==13.){m.col=dot(n,p-vec3(0,0,-.7))<0.?vec3(.16,.17,.2):vec3(.72,.72,.71);m.rough=.35;}
 else if(id==14.){m.col=vec3(.7,.7,.69);m.rough=.3;float a=atan(p.x,p.y+.1);m.col=mix(m.col,vec3(.62,.07,.03),step(.2,p.z+.02)*0.);}
 else if(id==15.){m.col=vec3(.62,.64,.68);m.metal=1.;m.rough=.28;if(p.y<-2.45){m.col=vec3(.55,.05,.04);m.metal=.3;}}
 else if(id==16.){m.col=vec3(.75,.55,.2);m.metal=1.;m.rough=.3;}
 else if(id==17.){m.col=vec3(.68,.67,.65)*(.92+.16*f);m.rough=.85;m.sheen=.1;n=bump(n,p,7.,.05);n=bump(n,p,70.,.02);
  float s=min(abs(abs(p.x)-.9),abs(p.y+3.35+.12*cos(p.x*1.5)));m.col*=1.-.45*smoothstep(.03,.012,s);
  if(abs(abs(p.x)-2.15+.1*p.y+.3)<.09)m.col=vec3(.55,.05,.04);}
 else {m.col=vec3(.5,.5,.5);m.rough=.5;}}
vec3 backdrop(vec2 u){
 vec3 c=vec3(.003,.005,.014)+.03*vec3(.3,.3,.9)*pow(fbm(vec3(u*.7,3.)),3.)*2.;
 for(int i=0;i<3;i++){float z=4.+5.*float(i);vec2 k=floor(u*z),f=fract(u*z)-.5;vec3 h=vec3(hash(vec3(k,1.)),hash(vec3(k,2.)),hash(vec3(k,5.)));
  c+=mix(vec3(1.,.8,.6),vec3(.7,.85,1.),h.x)*smoothstep(.05*z*.12+.012*z*h.y,.0,length(f-.6*(h.xy-.5)))*step(.45,h.z)*(.15+1.1*h.y*h.y*h.x);}
 vec2 e=u-vec2(4.6,-1.2);float d=length(e);float R=3.6;
 if(d<R){vec3 n=vec3(e,sqrt(R*R-d*d))/R;float k=max(dot(n,normalize(vec3(-.7,.5,.35))),0.);
  float cl=fbm(n*5.+vec3(0,2.*fbm(n*3.),0));float land=smoothstep(.5,.56,fbm(n*2.3+4.));
  vec3 b=mix(vec3(.01,.06,.2),mix(vec3(.08,.14,.04),vec3(.25,.2,.1),fbm(n*9.)),land);
  b=mix(b,vec3(.8),smoothstep(.5,.72,cl));c=b*k*1.1+vec3(.1,.3,.8)*pow(1.-n.z,3.)*k;}
 c+=vec3(.15,.4,1.)*.5*exp(-max(d-R,0.)*9.)*smoothstep(3.,-1.5,e.x-e.y*.6+1.);
 return c;}
vec3 front(vec2 u,vec3 c){ // the glass: nothing of it lies on the face
 vec2 g=u-vec2(0,-.1);float r=length(g);
 float in_=smoothstep(2.1,2.06,r);
 float rim=smoothstep(1.5,2.1,r)*in_;c+=vec3(.25,.4,.6)*.22*rim*rim;
 float a=atan(g.y,g.x);
 float gl=smoothstep(1.62,1.72,r)*smoothstep(1.98,1.88,r)*smoothstep(1.7,1.95,a)*smoothstep(2.75,2.45,a);c+=vec3(.8,.9,1.)*.45*gl;
 float g2=smoothstep(1.66,1.74,r)*smoothstep(1.9,1.84,r)*smoothstep(2.83,2.9,a)*smoothstep(3.05,2.98,a);c+=vec3(.8,.9,1.)*.3*g2;
 float g3=smoothstep(1.75,1.82,r)*smoothstep(2.0,1.94,r)*smoothstep(-1.0,-.75,a)*smoothstep(-.1,-.4,a);c+=vec3(.3,.6,1.)*.22*g3;
 return c;}
`, post(ctx, mask) {
  if (mask) return;
  ctx.save(); ctx.translate(655, 1085); ctx.rotate(-.05); ctx.globalAlpha = .92;
  const g = ctx.createRadialGradient(-15, -15, 5, 0, 0, 62); g.addColorStop(0, '#2b4f93'); g.addColorStop(1, '#0e1d45');
  ctx.fillStyle = g; ctx.beginPath(); ctx.arc(0, 0, 56, 0, 7); ctx.fill();
  ctx.strokeStyle = '#d8b25a'; ctx.lineWidth = 5; ctx.stroke();
  ctx.fillStyle = '#f2ead8'; ctx.beginPath(); ctx.moveTo(-6, -34); ctx.quadraticCurveTo(22, 0, 10, 26); ctx.lineTo(-22, 26); ctx.quadraticCurveTo(-30, 0, -6, -34); ctx.fill();
  ctx.fillStyle = '#c8402c'; ctx.beginPath(); ctx.arc(-7, 0, 8, 0, 7); ctx.fill();
  ctx.strokeStyle = '#e8643c'; ctx.lineWidth = 4; ctx.beginPath(); ctx.ellipse(0, 10, 46, 13, -.35, 0, 7); ctx.stroke();
  ctx.restore();
}};
