// The numbers of a kernel that computes in f32 or in f16: here f16, which needs the feature shader-f16.

alias Real = f16;
alias Real4 = vec4<f16>;
