// The parts that all templates share: a head as a signed distance field, and the light. One unit is the
// distance between the pupils; x goes right, y up, z to the viewer; (0,0) is between the pupils.
const shared = `
#define ZERO min(frame,0)
struct Mat{vec3 col;float rough;float metal;float sheen;float sss;vec3 emit;};
float hash(vec3 p){p=fract(p*.3183099+.1);p*=17.;return fract(p.x*p.y*p.z*(p.x+p.y+p.z));}
float noise(vec3 x){vec3 i=floor(x),f=fract(x);f=f*f*(3.-2.*f);
 return mix(mix(mix(hash(i),hash(i+vec3(1,0,0)),f.x),mix(hash(i+vec3(0,1,0)),hash(i+vec3(1,1,0)),f.x),f.y),
            mix(mix(hash(i+vec3(0,0,1)),hash(i+vec3(1,0,1)),f.x),mix(hash(i+vec3(0,1,1)),hash(i+vec3(1,1,1)),f.x),f.y),f.z);}
float fbm(vec3 p){float a=.5,s=0.;for(int i=ZERO;i<5;i++){s+=a*noise(p);p=p*2.03+vec3(1.7,9.2,3.1);a*=.5;}return s;}
vec3 bump(vec3 n,vec3 p,float s,float a){vec3 g=vec3(fbm(p*s+vec3(.1,0,0)),fbm(p*s+vec3(0,.1,0)),fbm(p*s+vec3(0,0,.1)))-fbm(p*s);return normalize(n-a*g*10.);}
float sdEll(vec3 p,vec3 r){float a=length(p/r),b=length(p/(r*r));return a*(a-1.)/max(b,1e-4);}
float smin(float a,float b,float k){float h=max(k-abs(a-b),0.)/k;return min(a,b)-h*h*k*.25;}
float smax(float a,float b,float k){return -smin(-a,-b,k);}
float cone(vec3 p,vec3 a,vec3 b,float r,float s){vec3 u=p-a,v=b-a;float h=clamp(dot(u,v)/dot(v,v),0.,1.);return length(u-v*h)-mix(r,s,h);}
float box(vec3 p,vec3 b,float r){vec3 q=abs(p)-b+r;return length(max(q,0.))+min(max(q.x,max(q.y,q.z)),0.)-r;}
float torus(vec3 p,float R,float r){return length(vec2(length(p.xy)-R,p.z))-r;} // around z
float torusY(vec3 p,float R,float r){return length(vec2(length(p.xz)-R,p.y))-r;}
float cyl(vec3 p,float h,float r){vec2 d=vec2(length(p.xz)-r,abs(p.y)-h);return min(max(d.x,d.y),0.)+length(max(d,0.));}
mat2 rot(float a){float c=cos(a),s=sin(a);return mat2(c,s,-s,c);}
vec2 near(vec2 a,vec2 b){return a.x<b.x?a:b;}
const float SKIN=1.,EYE=2.;
float mouthLine(float x){return -1.055+.30*x*x;}
float aperture(vec3 q){float u=clamp((q.x-.5)/.245,-1.,1.),c=1.-u*u;float l=.02*u;
 return max(q.y-l-.102*c,l-.085*c-q.y)+max(abs(q.x-.5)-.235,0.);}
float bust(vec3 p){return smin(sdEll(p-vec3(0,-4.55,-1.15),vec3(3.1,2.0,1.25)),cone(p,vec3(0,-2.2,-1.1),vec3(0,-3.2,-1.2),.8,1.3),.7);}
float neckD(vec3 p){return cone(p,vec3(0,-1.2,-1.05),vec3(0,-3.,-1.2),.66,.74);}
vec2 head(vec3 p){
 float far=sdEll(p-vec3(0,-.1,-.8),vec3(1.35,2.05,1.8));
 if(far>.35)return vec2(far-.05,SKIN);
 vec3 q=vec3(abs(p.x),p.yz);
 float d=sdEll(q-vec3(0,.6,-1.08),vec3(1.16,1.3,1.42));
 d=smin(d,sdEll(q-vec3(0,-.40,-.78),vec3(1.01,1.17,1.02)),.45);
 d=smin(d,sdEll(q-vec3(0,-1.44,-.12),vec3(.40,.37,.42)),.6);
 d=smin(d,cone(q,vec3(.74,-.82,-.8),vec3(.0,-1.54,-.13),.17,.25),.45);
 d=smin(d,sdEll(q-vec3(.58,-.42,-.1),vec3(.4,.36,.33)),.4);
 d=smin(d,cone(q,vec3(0,.32,.14),vec3(.68,.3,-.12),.19,.16),.25);
 d=smax(d,-sdEll(q-vec3(.5,.02,.42),vec3(.34,.2,.27)),.22);
 d=smin(d,sdEll(q-vec3(0,-1.02,.04),vec3(.54,.46,.33)),.38);
 d=smax(d,-sdEll(q-vec3(0,-1.30,.56),vec3(.34,.1,.14)),.2);
 float n=cone(q,vec3(0,.2,.22),vec3(0,-.48,.55),.09,.12);
 n=smin(n,length((q-vec3(0,-.53,.56))/vec3(1.15,1.,1.))-.15,.12);
 n=smin(n,sdEll(q-vec3(.17,-.6,.38),vec3(.115,.11,.15)),.1);
 n=smax(n,-sdEll(q-vec3(.09,-.7,.5),vec3(.055,.045,.1)),.05);
 d=smin(d,n,.16);
 float t=sqrt(max(1.-q.x*q.x/.19,0.)),m=mouthLine(q.x),z=.37-.5*q.x*q.x;
 float bow=.02*smoothstep(.14,.04,q.x)*-1.+.012;
 float up=length(vec2((q.y-m-.045*t-bow*t)*1.15,q.z-z))-.082*t;
 float lo=length(vec2((q.y-m+.07*t)*1.,q.z-z))-.10*t;
 float lip=smin(up,lo,.015);
 if(q.x<.45)d=smin(d,lip,.035);
 vec3 e=q-vec3(.5,0,-.03);
 float lid=smax(length(e)-.238,-aperture(q),.02);
 d=smin(d,lid,.07);
 d=smax(d,-max(aperture(q),length(e)-.3),.015);
 float ear=sdEll((q-vec3(1.19,-.12,-.95)),vec3(.12,.36,.24));
 ear=smax(ear,-sdEll(q-vec3(1.27,-.08,-.83),vec3(.07,.24,.15)),.06);
 d=smin(d,ear,.1);
 vec2 r=vec2(d,SKIN);
 return near(r,vec2(length(e)-.21,EYE));
}
`;
const shading = `
vec2 map(vec3 p){vec2 r=head(p);r=near(r,vec2(NECK>0.?smin(r.x,neckD(p),.25):r.x,r.y));return near(r,things(p));}
vec3 normal(vec3 p,float e){vec3 n=vec3(0);for(int i=ZERO;i<4;i++){vec3 k=.5773*(2.*vec3((((i+3)>>1)&1),((i>>1)&1),(i&1))-1.);n+=k*map(p+k*e).x;}return normalize(n);}
float march(vec3 o,vec3 d){float t=0.;for(int i=ZERO;i<130;i++){float h=map(o+d*t).x;if(abs(h)<.0012)break;t+=h*.72;if(t>FAR)break;}return t;}
float shadow(vec3 o,vec3 d){float s=1.,t=.06;for(int i=ZERO;i<36;i++){float h=map(o+d*t).x;s=min(s,.5+.5*SOFT*h/t);t+=clamp(h*.8,.02,.25);if(s<.003||t>5.||h<-.12)break;}s=clamp(s,0.,1.);return s*s*(3.-2.*s);}
float ao(vec3 p,vec3 n){float o=0.,w=1.;for(int i=ZERO;i<6;i++){float h=.02+.11*float(i);o+=(h-map(p+n*h).x)*w;w*=.72;}return clamp(1.-.9*o,0.,1.);}
vec3 room(vec3 d){vec3 c=mix(GROUND,SKY,smoothstep(-.4,.7,d.y))*.8;
 float k=dot(d,KEY);c+=KEYC*(1.6*smoothstep(.80,.93,k)+.25*smoothstep(.3,1.,k));
 float r=dot(d,RIM);c+=RIMC*1.2*smoothstep(.8,.95,r);
 c+=.5*SKY*smoothstep(.10,.02,abs(abs(d.x)-.62))*smoothstep(-.6,.2,d.y);return c;}
void skin(vec3 p,inout vec3 n,inout Mat m){
 vec3 q=vec3(abs(p.x),p.yz);vec3 c=TONE*vec3(1.04,.95,.90);
 float blush=exp(-dot((q-vec3(.62,-.45,.2))*vec3(1.3,1.9,1.),(q-vec3(.62,-.45,.2))*vec3(1.3,1.9,1.))*5.)+.8*exp(-8.*dot(p.xy-vec2(0,-.55),p.xy-vec2(0,-.55)))+.35*exp(-14.*dot(p.xy-vec2(0,-1.55),p.xy-vec2(0,-1.55)));
 c*=mix(vec3(1),vec3(1.05,.74,.68),BLUSH*blush);
 c*=mix(vec3(1),vec3(.86,.76,.78),.5*smoothstep(.30,.1,length((q.xy-vec2(.5,.0))*vec2(.75,1.2))));
 c*=1.+.10*(fbm(p*9.)-.5)+.07*(noise(p*70.)-.5);
 float t=sqrt(max(1.-q.x*q.x/.185,0.)),l=mouthLine(q.x);
 float bow=-.03*smoothstep(.12,.03,q.x);
 float up=(q.y-l)/(max(.135*t+bow,.01)),lo=(l-q.y)/(max(.185*t,.01));
 float lips=smoothstep(1.08,.86,up)*smoothstep(1.08,.88,lo)*smoothstep(.44,.38,q.x);
 c=mix(c,LIPS,lips*.85);c*=1.-.75*lips*smoothstep(.022,.004,abs(q.y-l-.004));
 c*=1.-.35*smoothstep(.06,.0,length((q.xy-vec2(.41,-1.015))*vec2(1.,1.4)));
 float bx=(q.x-.18)/.68,by=.335+.16*bx-.22*bx*bx*bx+.01;float th=mix(.075,.022,clamp(bx,0.,1.))*BROWS;
 float br=smoothstep(1.25,.35,abs(q.y-by)/th)*smoothstep(-.06,.1,bx)*smoothstep(1.05,.85,bx);
 float hairs=noise(vec3((q.x*.9-q.y*1.3)*55.,(q.x+q.y)*9.,1.));
 c=mix(c,HAIR,br*smoothstep(.12,.62,hairs+.25*br));
 float a=aperture(q);c=mix(c,HAIR*.35,.9*smoothstep(.035,.0,a)*smoothstep(-.03,.03,q.y+.02)*smoothstep(.78,.7,q.x));
 c*=1.-.25*smoothstep(.03,.0,a);
 m.col=c;m.rough=mix(.48,.33,lips);m.sss=1.;m.sheen=.06;
 n=bump(n,p,26.,.012);
}
void eye(vec3 p,vec3 n,inout Mat m){
 vec2 u=vec2(abs(p.x)-.5,p.y-.005);float r=length(u);
 vec3 c=mix(vec3(.78,.75,.73),vec3(.72,.5,.47),smoothstep(.14,.26,abs(u.x)));
 float i=smoothstep(.124,.113,r);vec3 ir=IRIS*(.7+.9*noise(vec3(atan(u.y,u.x)*9.,r*14.,2.)))*mix(1.5,.5,smoothstep(.045,.12,r));
 ir*=1.+1.1*smoothstep(.0,-.08,u.y);
 c=mix(c,ir,i);c*=1.-.97*smoothstep(.054,.045,r);c*=.55+.45*smoothstep(.09,.0,p.y);
 m.col=c;m.rough=.05;m.sss=.2;
 vec2 g=u-KEY.xy*.06-vec2(0,.012);m.emit=vec3(1.)*smoothstep(.022,.014,length(g))*.9;
}
vec3 light(vec3 p,vec3 n,Mat m){
 vec3 v=vec3(0,0,1);float o=ao(p,n);float nl=dot(n,KEY);float s=shadow(p+n*(.02+.07*m.sss),KEY);s=mix(s,1.,.12*m.sss);
 vec3 w=mix(vec3(.0),vec3(.32,.14,.09),m.sss);
 vec3 dif=clamp((nl+w)/(1.+w),0.,1.);dif=mix(dif,dif*dif*(3.-2.*dif),.2)*mix(s,1.,.0);
 dif+=m.sss*vec3(.10,.022,.012)*smoothstep(.0,.35,s)*smoothstep(1.,.35,s);
 float up=.5+.5*n.y;vec3 amb=mix(GROUND,SKY,up)*mix(vec3(o),pow(vec3(o),vec3(.75,1.,1.08)),m.sss);
 float rimd=clamp(dot(n,RIM)*.7+.3,0.,1.);rimd*=rimd*(.25+.75*o);
 float fill=clamp(dot(n,FILL)*.6+.4,0.,1.);
 vec3 ld=KEYC*dif+amb+RIMC*rimd+FILLC*fill*o;
 float f=pow(1.-clamp(n.z,0.,1.),5.);
 vec3 r=reflect(-v,n);vec3 h=normalize(v+KEY);
 float e=exp2(9.*(1.-m.rough)+1.);
 vec3 F=mix(vec3(.04),m.col,m.metal);F+=(1.-F)*f*(1.-m.rough)*.7;
 vec3 blur=mix(room(r),mix(GROUND,SKY,.5+.5*r.y)+KEYC*.35*max(dot(r,KEY),0.),smoothstep(.0,.7,m.rough));
 float so=mix(1.,o,.75)*mix(1.,.55+.45*s,.6);
 vec3 spec=F*blur*so+KEYC*F*s*pow(max(dot(n,h),0.),e)*(e*.04+.25)*max(nl,0.);
 vec3 c=m.col*(1.-m.metal)*ld+spec*mix(.55,1.,m.metal)+m.emit;
 c+=m.sheen*m.col*pow(1.-clamp(n.z,0.,1.),2.)*(KEYC*s*max(nl+.3,0.)+RIMC*rimd+SKY*.5)*2.;
 return c;
}
vec3 film(vec3 x){x*=EXPOSE;return clamp((x*(2.51*x+.03))/(x*(2.43*x+.59)+.14),0.,1.);}
bool inFace(vec2 p){ // what a photo's face replaces: brows to chin, cheek to cheek
 p.x=abs(p.x);float y=p.y;
 float w=y>-.35?1.0*sqrt(max(1.-pow(max(y+.35,0.)/1.02,2.6),0.)):1.0*pow(max(1.-pow((-.35-y)/1.38,2.3),0.),.62);
 return p.x<w;}
vec4 paint(vec2 px){
 vec2 u=(px-CENTER)/SCALE;u.y=-u.y;
 float ca=cos(TILT),sa=sin(TILT);
 vec3 o=vec3(u,7.),d=vec3(0,0,-1);
 float t=march(o,d);vec3 p=o+d*t;
 if(view==1){if(t>FAR)return vec4(0,0,0,1);float id=map(p).y;bool s=(id==SKIN||id==EYE)&&inFace(p.xy);return vec4(vec3(s?1.:0.),1);}
 vec3 c;
 if(t>FAR)c=backdrop(u);
 else{float id=map(p).y;vec3 n=normal(p,.0025);Mat m=Mat(vec3(.5),.6,0.,0.,0.,vec3(0));
  if(id==SKIN)skin(p,n,m);else if(id==EYE)eye(p,n,m);else surface(id,p,n,m);
  c=light(p,n,m);}
 c=front(u,c);
 c=film(c);c=pow(c,vec3(1./2.2));
 vec2 q=px/vec2(900,1200)-.5;c*=1.-VIGNETTE*pow(dot(q,q)*2.,1.3);
 c+=(hash(vec3(px,1.))-.5)*.018;
 return vec4(c,1);}
void main(){vec2 px=vec2(gl_FragCoord.x,high-gl_FragCoord.y)/zoom;
 vec4 c=vec4(0);
 if(samples<2){o=paint(px);return;}
 ivec2 at=ivec2(gl_FragCoord.xy);vec4 was=texelFetch(drawn,at,0);float edge=0.; // only edges are drawn again, finer
 for(int i=ZERO;i<4;i++){vec4 d=abs(texelFetch(drawn,at+ivec2((i&1)*(i-2),(1-(i&1))*(i-1)),0)-was);edge=max(edge,d.x+d.y+d.z);}
 if(edge<.2){o=was;return;}
 for(int i=ZERO;i<4;i++)c+=paint(px+(vec2(i&1,i>>1)-.5)*.5/zoom);
 o=c/4.;}
`;

// Where the landmarks of that head are, in its units, y down. "Left" is the left side of the picture.
// Fur draws hairs around an oval, from the outside in; in the mask they are black.
function fur(ctx, mask, rnd, f) {
  const [cx, cy] = scene.center.split(',').map(Number), k = scene.scale;
  ctx.lineCap = 'round';
  for (let i = 0; i < f.count; i++) {
    const t = i / f.count, a = rnd() * Math.PI * 2, out = 1 - t, r = 1 + f.deep * (out + .12 * (rnd() - .5));
    const x = cx + k * (f.x + f.rx * r * Math.cos(a)), y = cy + k * (f.y + f.ry * r * Math.sin(a));
    const b = a + (rnd() - .5) * 1.1 + Math.sin(a * 3 + 1) * .25 + (t > .9 ? (rnd() < .5 ? Math.PI : 0) : 0);
    const l = k * f.long * (.5 + rnd()) * (t > .9 ? .5 : 1), lit = f.light(a, out) * (.6 + .55 * rnd());
    ctx.strokeStyle = mask ? '#000' : `rgba(${f.color.map(c => Math.min(255, Math.round(c * lit))).join()},${.35 + .5 * rnd()})`;
    ctx.lineWidth = .8 + 1.3 * rnd();
    ctx.beginPath(); ctx.moveTo(x, y);
    ctx.quadraticCurveTo(x + l * .6 * Math.cos(b), y + l * .6 * Math.sin(b), x + l * Math.cos(b + .5 * (rnd() - .3)), y + l * Math.sin(b + .5 * (rnd() - .3)));
    ctx.stroke();
  }
}

const landmarks = {
  left_pupil: [-.5, 0], right_pupil: [.5, 0],
  left_eye_outer: [-.745, -.02], left_eye_inner: [-.255, .02], right_eye_inner: [.255, .02], right_eye_outer: [.745, -.02],
  left_brow_outer: [-.86, -.29], left_brow_inner: [-.18, -.345], right_brow_inner: [.18, -.345], right_brow_outer: [.86, -.29],
  nose_tip: [0, .55], nose_left: [-.28, .62], nose_right: [.28, .62],
  mouth_left: [-.415, 1.003], mouth_right: [.415, 1.003], mouth_top: [0, .95], mouth_bottom: [0, 1.24],
  chin: [0, 1.81], jaw_left: [-.93, 1.02], jaw_right: [.93, 1.02], forehead_top: [0, -1.1],
};
