/** Inks of the map: light, dark and print. Colours of grids and themes are in model/colours. */

export interface Ink {
  isDark: boolean;
  sea: string;
  land: string;
  /** land outside the district */
  beyond: string;
  park: string;
  hill: string;
  beach: string;
  coast: string;
  compound: string;
  compoundEdge: string;
  roadFill: string;
  roadCasing: string;
  mainRoadFill: string;
  rail: string;
  railGap: string;
  building: string;
  buildingEdge: string;
  yard: string;
  yardEdge: string;
  grid: string;
  community: string;
  subdistrict: string;
  /** the light under dark borders, so that they stand out on any colour */
  gap: string;
  beat: string;
  basicGrid: string;
  hover: string;
  selected: string;
  selectedGap: string;
  picked: string;
  pickedFill: string;
  fault: string;
  soft: string;
  past: string;
  /** how much of the land shows through grid colours */
  fillAlpha: number;
  text: {
    halo: string;
    subdistrict: string;
    community: string;
    grid: string;
    figure: string;
    yard: string;
    road: string;
    sea: string;
    park: string;
    beat: string;
    basicGrid: string;
  };
}

export const LIGHT: Ink = {
  isDark: false,
  sea: '#cfe1ec',
  land: '#f7f5ef',
  beyond: '#eae8e0',
  park: '#cfe2bf',
  hill: '#d5e1c4',
  beach: '#f3e6c4',
  coast: '#8fb3c8',
  compound: '#e6e2e8',
  compoundEdge: '#b3aaba',
  roadFill: '#ffffff',
  roadCasing: '#cbc1b0',
  mainRoadFill: '#fffbf0',
  rail: '#8f8f8f',
  railGap: '#ffffff',
  building: 'rgba(74, 64, 56, 0.24)',
  buildingEdge: 'rgba(74, 64, 56, 0.42)',
  yard: 'rgba(255, 252, 244, 0.28)',
  yardEdge: 'rgba(84, 74, 62, 0.62)',
  grid: '#5a6874',
  community: '#6b4f7d',
  subdistrict: '#24384a',
  gap: 'rgba(255, 255, 255, 0.8)',
  beat: '#1d4e89',
  basicGrid: '#8a5a00',
  hover: 'rgba(20, 40, 60, 0.55)',
  selected: '#b3242b',
  selectedGap: '#ffffff',
  picked: '#0b5f8a',
  pickedFill: 'rgba(11, 95, 138, 0.34)',
  fault: '#b3242b',
  soft: '#9a5b00',
  past: '#3d2b56',
  fillAlpha: 0.86,
  text: {
    halo: 'rgba(255, 255, 255, 0.94)',
    subdistrict: '#1d3042',
    community: '#53376a',
    grid: '#1c2935',
    figure: '#45525e',
    yard: '#4a4036',
    road: '#5f5443',
    sea: '#35627d',
    park: '#3c6130',
    beat: '#173f70',
    basicGrid: '#744b00',
  },
};

export const DARK: Ink = {
  isDark: true,
  sea: '#101d28',
  land: '#22282e',
  beyond: '#1a1f24',
  park: '#223229',
  hill: '#252f28',
  beach: '#38352a',
  coast: '#3a5568',
  compound: '#2c2a30',
  compoundEdge: '#575060',
  roadFill: '#3e464e',
  roadCasing: '#15191d',
  mainRoadFill: '#505a63',
  rail: '#787f86',
  railGap: '#22282e',
  building: 'rgba(225, 228, 232, 0.15)',
  buildingEdge: 'rgba(225, 228, 232, 0.3)',
  yard: 'rgba(255, 255, 255, 0.06)',
  yardEdge: 'rgba(222, 214, 200, 0.42)',
  grid: '#a9b6c2',
  community: '#a98bc2',
  subdistrict: '#e6edf3',
  gap: 'rgba(10, 14, 18, 0.75)',
  beat: '#8fc0ff',
  basicGrid: '#e7b75a',
  hover: 'rgba(255, 255, 255, 0.6)',
  selected: '#ff7a72',
  selectedGap: '#0d1216',
  picked: '#6cc4f5',
  pickedFill: 'rgba(108, 196, 245, 0.36)',
  fault: '#ff7a72',
  soft: '#f0b35a',
  past: '#d9c8f2',
  fillAlpha: 0.84,
  text: {
    halo: 'rgba(14, 19, 24, 0.92)',
    subdistrict: '#f2f6fa',
    community: '#dcc6ee',
    grid: '#f4f7fa',
    figure: '#cfd8e0',
    yard: '#ddd5c9',
    road: '#cdc6b8',
    sea: '#8fbad2',
    park: '#a5cb97',
    beat: '#b5d5ff',
    basicGrid: '#f0cd87',
  },
};

/** Paper: white land, a lighter sea that spares the printer, firmer lines. */
export const PRINT: Ink = {
  ...LIGHT,
  sea: '#e3eef4',
  land: '#ffffff',
  beyond: '#f5f4f0',
  roadCasing: '#b5ab9a',
  grid: '#3c4954',
  building: 'rgba(60, 52, 46, 0.3)',
  fillAlpha: 0.8,
};
