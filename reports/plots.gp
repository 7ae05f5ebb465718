# How detsim's plots look. The scripts beside this file load it: change it and run `gnuplot -d run-N.gp` to draw again.
# Series colours are Okabe and Ito's, which people with colour-blind eyes can tell apart.
set encoding utf8
set border 3 linecolor rgb '#24292f' linewidth 1
set tics nomirror out scale 0.6 textcolor rgb '#24292f' font ',11'
set grid xtics ytics linetype 1 linecolor rgb '#d0d7de' linewidth 0.7
set xlabel textcolor rgb '#24292f' font ',12' offset 0, 0.2
set ylabel textcolor rgb '#24292f' font ',12' offset -0.8, 0 noenhanced
set key at screen 0.805, graph 1 left top Left reverse noenhanced samplen 2 spacing 1.15 font ',11' \
    textcolor rgb '#24292f'
set format y '%.10g'
set format x '%.10g'
