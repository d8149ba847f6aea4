# quartus_sh -t compile.tcl
package require ::quartus::project
package require ::quartus::flow

project_open denoiser_de2_70
execute_flow -compile
project_close
