// The numbers of a kernel that computes in f32 or in f16: here f32.

alias Real = f32;
alias Real4 = vec4<f32>;
